"""The command: what it prints, which rows it keeps, how it ends. Its worker stands for no GPU."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

from bench.gpu_checks import outside, stages
from bench.gpu_checks.__main__ import main, process_began
from bench.run.environment import ROOT
from bench.run.store import Store
from tests.bench.gpu_checks.commands import COMMAND, FAULTY, GPU, command, lines_in, lines_of


def test_a_list_names_stages_checks_and_seconds(capsys):
    assert main(["--list", "--stage", "contact", "--only", "lstm*grid"]) == 0
    head, *names = capsys.readouterr().out.splitlines()
    assert head.startswith("contact: 2 checks, about ")
    assert [name.split()[1].split("-")[:3] for name in names] == [
        ["lstm", way, "grid"] for way in ("inference", "training")
    ]


def test_rows_go_to_a_store_that_is_exported_and_are_not_measured_twice(told, tmp_path, capsys):
    arguments = ["--out", str(tmp_path), "--stage", "steps", "--only", "H32", "--blocks", "2"]
    assert main(arguments, FAULTY) == 0
    store = Store(tmp_path / "gpu.sqlite")
    rows = store.frame()
    assert set(rows["study"]) == {"sharings"}
    assert set(rows["block"]) == {0, 1}
    assert {facts["gpu"]["name"] for facts in store.environments().values()} == {GPU["name"]}
    file, environment = store.export(tmp_path / "export", compress=True)
    assert file.stat().st_size > 0 < environment.stat().st_size
    capsys.readouterr()
    assert main(arguments, FAULTY) == 0
    again = [line for line in lines_of(capsys.readouterr().out) if line["kind"] == "check"]
    assert {line["status"] for line in again} == {"stored"}
    assert len(store.frame()) == len(rows)


def test_a_check_that_dies_is_counted_and_the_status_says_so(told, tmp_path, capsys):
    assert main(["--out", str(tmp_path), "--stage", "contact", "--only", "product own"], FAULTY) == 1
    text = capsys.readouterr().out
    assert lines_of(text)[-1]["died"] == 3
    assert "died: contact product own float32" in text


def test_without_a_gpu_it_says_what_is_missing(told, tmp_path, capsys):
    told(missing="no NVIDIA driver answers", chip=None)
    assert main(["--out", str(tmp_path)], FAULTY) == 2
    assert lines_of(capsys.readouterr().out)[-1] == {"kind": "end", "reason": "no NVIDIA driver answers"}


def test_a_simulators_times_are_kept_nowhere(told, tmp_path):
    told(simulated=True)
    assert main(["--out", str(tmp_path), "--stage", "steps", "--blocks", "1"], FAULTY) == 0
    assert not (tmp_path / "gpu.sqlite").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--stage", "nonsense"], "invalid choice"),
        (["--preset", "huge"], "invalid choice"),
        (["--seconds", "0"], "allowed: a number above 0"),
        (["--seconds", "nan"], "allowed: a number above 0"),
        (["--blocks", "0"], "allowed: an integer of at least 1"),
    ],
)
def test_wrong_words_name_the_allowed_ones(words, told, capsys):
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert told in capsys.readouterr().err


def test_places_that_cannot_be_used_are_named(told, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(["--out", str(tmp_path / "file")], FAULTY) == 2
    assert "allowed: a folder that can be written" in capsys.readouterr().err
    assert main(["--out", str(tmp_path), "--cubins", str(tmp_path / "none")], FAULTY) == 2
    assert "allowed: a folder of machine code" in capsys.readouterr().err
    store = tmp_path / "other.sqlite"
    store.write_text("no store at all, but a text that is long enough to be looked at" * 20)
    assert main(["--out", str(tmp_path), "--store", str(store)], FAULTY) == 2
    assert "damaged or no store" in lines_of(capsys.readouterr().out)[-1]["reason"]


def test_a_pattern_that_no_check_has_is_no_success(told, tmp_path, capsys):
    assert main(["--out", str(tmp_path), "--stage", "grid", "--only", "nothing"], FAULTY) == 2
    assert "has 'nothing' in its name; see --list" in lines_of(capsys.readouterr().out)[-1]["reason"]


def test_a_store_is_opened_only_for_rows(told, tmp_path):
    store = tmp_path / "other.sqlite"
    store.write_text("no store at all, but a text that is long enough to be looked at" * 20)
    words = ["--out", str(tmp_path), "--store", str(store), "--stage", "contact", "--only", "product own"]
    assert main(words, FAULTY) == 1
    assert lines_in(tmp_path)[-1]["died"] == 3


def test_a_pattern_has_stars_and_question_marks_and_nothing_else(told, tmp_path, capsys):
    assert main(["--list", "--stage", "steps", "--only", "rnn*H3?"]) == 0
    assert capsys.readouterr().out.startswith("steps: 2 checks")
    assert main(["--list", "--stage", "steps", "--only", "["]) == 0
    assert capsys.readouterr().out.startswith("steps: 0 checks")
    assert main(["--list", "--stage", "steps", "--only", "[r]nn"]) == 0
    assert capsys.readouterr().out.startswith("steps: 0 checks")


def test_too_few_seconds_are_the_reason(told, tmp_path, capsys):
    assert main(["--out", str(tmp_path), "--seconds", ".001"], FAULTY) == 2
    assert "the time was up before anything was begun" in lines_of(capsys.readouterr().out)[-1]["reason"]


def test_seconds_count_from_the_start_of_the_process(told, tmp_path, capsys):
    began = time.monotonic() - 100
    assert main(["--out", str(tmp_path), "--seconds", "100"], FAULTY, began) == 2
    assert "the time was up" in lines_of(capsys.readouterr().out)[-1]["reason"]
    assert 0 <= time.monotonic() - process_began() - time.process_time() < 24 * 3600


def test_a_stage_that_cannot_be_planned_is_a_result(told, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(stages.PLANS, "cpu", missing)
    monkeypatch.setitem(stages.PLANS, "half", broken)
    words = ["--out", str(tmp_path), "--stage", "cpu", "--stage", "half", "--stage", "steps", "--only", "rnn*H32"]
    assert main(words, FAULTY) == 1
    printed = lines_of(capsys.readouterr().out)
    ends = {line["name"]: line["status"] for line in printed if line["kind"] == "check"}
    assert ends["cpu: every check"] == "skipped"
    assert ends["half: every check"] == "failed"
    assert printed[-1]["passed"] == 2


def missing(setting):
    raise ImportError("numba does not import")


def broken(setting):
    raise KeyError("no such shape")


def test_collecting_tests_is_bounded_by_the_seconds(told, tmp_path, monkeypatch, capsys):
    asked = []

    def collect(*_, timeout, **__):
        asked.append(timeout)
        raise subprocess.TimeoutExpired("pytest", timeout)

    monkeypatch.setattr(outside.subprocess, "run", collect)
    assert main(["--out", str(tmp_path), "--stage", "tests", "--seconds", "50"], FAULTY) == 1
    (line,) = [line for line in lines_of(capsys.readouterr().out) if line["kind"] == "check"]
    assert "pytest did not collect tests/gpu within" in line["reason"]
    assert asked[0] < 50


def test_an_interrupted_run_names_the_stages_and_says_so_by_its_status(told, tmp_path):
    words = ["--out", str(tmp_path), "--stage", "steps", "--stage", "grid", "--stage", "half", "--blocks", "1"]
    parent = subprocess.Popen(
        [sys.executable, "-c", COMMAND, *words], cwd=ROOT, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    while '"kind": "check"' not in parent.stdout.readline():
        pass
    parent.send_signal(signal.SIGHUP)
    printed = lines_of(parent.communicate()[0])
    assert parent.returncode == 130
    (line,) = [line for line in printed if line["kind"] == "interrupted"]
    assert line["stages_not_begun"][-1] == "half"
    ends = {line["name"]: line["status"] for line in printed if line["kind"] == "check"}
    assert ends["half: every check"] == "not reached"
    assert printed[-1]["not_reached"] > 1


def test_a_run_that_is_interrupted_before_its_first_check_says_that(told, tmp_path, monkeypatch):
    monkeypatch.setenv("FAULTY_HELLO", "interrupt")
    words = ["--out", str(tmp_path), "--stage", "grid"]
    assert command(words, stdout=subprocess.DEVNULL).returncode == 130
    assert lines_in(tmp_path)[-1] == {"kind": "end", "reason": "the run was interrupted before the first check"}
