"""The doors to an experiment: the command, a file, Python and pytest measure the same rows, and resume."""

import json
import re
import subprocess
import sys

import pytest

import recurbench
from bench import ask
from bench.experiments.asking import define
from bench.run.environment import ROOT
from bench.run.store import Store

ASKED = {"cell": ["lstm"], "seq_len": [8, 12], "hidden_size": 3, "forget_bias": [0, 3], "seeds": 2, "name": "mine"}
WORDS = (
    "ask gradient-flow --cell lstm --seq-len 8 12 --hidden-size 3 --forget-bias 0 3 --seeds 2 --name mine"
    " --question Why?"
).split()


def numbers(frame):
    """The rows without what tells two runs apart."""
    rows = frame.drop(columns=["run", "measured_at"])
    return rows.sort_values(list(rows.columns), ignore_index=True)


@pytest.fixture
def stored(tmp_path):
    return tmp_path / "rows.sqlite"


def test_the_command_says_what_it_will_do_and_does_it_once(stored, tmp_path, capsys):
    file = tmp_path / "mine.toml"
    assert recurbench.main([*WORDS, f"--store={stored}", f"--write={file}", "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "8 cases; 8 of 8 items to measure, about" in said
    assert "recurbench report" in said
    assert not stored.exists()
    assert recurbench.main(["ask", str(file), f"--store={stored}"]) == 0
    assert "8 items measured, 0 were there already" in capsys.readouterr().out
    assert recurbench.main([*WORDS, f"--store={stored}"]) == 0
    assert "0 items measured, 8 were there already" in capsys.readouterr().out
    assert Store(stored).about().experiments["mine"]["question"] == "Why?"
    assert recurbench.main(["status", f"--store={stored}"]) == 0
    assert "mine: 8 items, 8 measured, 0 missing; Why?" in capsys.readouterr().out


def test_python_and_pytest_give_the_rows_of_the_command(stored, tmp_path):
    frame = ask("gradient-flow", store=stored, **ASKED)
    assert set(frame["study"]) == {"experiment:mine"}
    assert set(frame["gate_bias"]) == {0.0, 3.0}
    file = tmp_path / "mine.toml"
    assert recurbench.main([*WORDS, f"--store={stored}", f"--write={file}", "--dry-run"]) == 0
    other = tmp_path / "other.sqlite"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--benchmark"]
    command += [f"--experiment={file}", f"--store={other}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    again = numbers(Store(other).frame())
    assert again.equals(numbers(frame))


def test_asking_for_more_keeps_what_is_there_and_a_narrower_question_gives_its_rows_alone(stored):
    ask("gates", store=stored, **ASKED | {"forget_bias": 0})
    more = ask("gates", store=stored, **ASKED)
    assert set(more["gate_bias"]) == {0.0, 3.0}
    fewer = ask("gates", store=stored, **ASKED | {"seq_len": 8})
    assert set(fewer["seq_len"]) == {8}
    assert len(Store(stored).frame()) == len(more)


def test_the_status_of_an_experiment_of_a_larger_machine(stored, capsys):
    definition = define("runtime", hidden_size=3, name="mine").as_json() | {"axes": [{"threads": [10_000]}]}
    with Store(stored).writing() as writer:
        writer.keep_experiment(definition)
    assert recurbench.main(["status", f"--store={stored}"]) == 0
    assert "mine: cannot be measured here: threads is 10000; allowed: 1 to" in capsys.readouterr().out


def test_what_a_user_may_not_expect_is_told_before_it_starts(stored, capsys):
    ask("gates", store=stored, **ASKED, question="How open?")
    words = "ask gates --cell rnn --cell gru --seq-len 8 --inputs zero --name mine --dry-run".split()
    assert recurbench.main([*words, f"--store={stored}"]) == 0
    said = capsys.readouterr().out
    assert "this replaces what was asked under this name: How open?" in said
    assert "cell rnn gru" in said
    assert "inputs start leaves it from a random state" in said


def test_another_measure_under_the_same_name_is_refused(stored):
    ask("parameters", store=stored, hidden_size=3, name="mine")
    with pytest.raises(ValueError, match="'mine' is stored and measures parameters, not gates"):
        ask("gates", store=stored, **ASKED)


def test_an_export_has_the_definitions(stored, tmp_path):
    ask("parameters", store=stored, hidden_size=3, name="mine")
    assert recurbench.main(["export", f"--store={stored}", str(tmp_path / "out")]) == 0
    told = json.loads((tmp_path / "out" / "run.json").read_text())
    assert told["experiments"]["mine"]["measure"] == "parameters"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["ask"], "nothing is asked; allowed: gradient-flow"),
        (["ask", "gradient"], "unknown measure 'gradient'.*did you mean 'gradient-flow'"),
        (["ask", "none.toml"], "no experiment at none.toml"),
        (["ask", "gates", "--cell", "lstn"], "did you mean 'lstm'"),
        (["ask", "parameters", "--input-scale", "2"], "parameters does not vary input_scale; allowed: cell"),
    ],
)
def test_wrong_questions_are_answered(words, message, stored, capsys):
    assert recurbench.main([*words, f"--store={stored}"]) == 2
    error = capsys.readouterr().err
    assert re.search(message, error), error


def test_an_option_that_is_none_names_the_near_one(capsys):
    with pytest.raises(SystemExit):
        recurbench.main(["ask", "gates", "--hiden-size", "3"])
    assert "did you mean '--hidden-size'" in capsys.readouterr().err


def test_a_file_that_is_no_experiment_is_named(tmp_path, capsys):
    file = tmp_path / "mine.toml"
    file.write_text("measure = 'gates'\naxes = {cell = 'lstm'\n")
    assert recurbench.main(["ask", str(file)]) == 2
    assert f"{file}: " in capsys.readouterr().err


def test_the_list_describes_every_measure(capsys):
    assert recurbench.main(["ask", "--list"]) == 0
    said = capsys.readouterr().out
    assert "gradient-flow: how much of the gradient is left" in said
    assert "forget_bias" in said
