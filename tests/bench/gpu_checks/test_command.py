"""The command: which checks there are, what it prints, which rows it keeps. Its worker stands for no GPU."""

from __future__ import annotations

import json
import sys

import pytest

from bench.gpu_checks.__main__ import main
from bench.gpu_checks.check import STAGES, STATUSES, Check, Result
from bench.gpu_checks.stages import PLANS, Setting, plan
from bench.gpu_checks.summary import MOST_LINES, WIDTH, table
from bench.run.store import Store
from cells import cell_names
from cells.cuda.device.target import A100, H200
from tests.bench.conftest import FACTS

FAULTY = (sys.executable, "-m", "tests.bench.gpu_checks.faulty_worker")
CHIP = {"name": "NVIDIA Invented 9000", "capability": [9, 0], "multiprocessors": 132, "shared_bytes": 227 * 1024}
GPU = {"name": "NVIDIA Invented 9000", "driver": "999.88", "versions": {}, "used": True}


@pytest.fixture
def told(monkeypatch, tmp_path):
    """What the invented machine says of itself."""
    facts = {
        "missing": None, "simulated": False, "chip": CHIP | {"gpcs": [18] * 7}, "compiler": None, "packages": [],
        "torch": True, "sanitizer": None, "environment": FACTS | {"gpu": GPU}, "machine_code": None,
    }  # fmt: skip
    monkeypatch.setenv("FAULTY_LOG", str(tmp_path / "log"))

    def tell(**changed):
        monkeypatch.setenv("FAULTY_FACTS", json.dumps(facts | changed))

    tell()
    return tell


def lines_of(text):
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


@pytest.mark.parametrize("facts", [A100, H200], ids=lambda facts: facts.name)
@pytest.mark.parametrize("preset", ["toy", "quick", "course"])
def test_every_check_has_a_name_of_its_own_and_travels_as_json(facts, preset):
    checks = list(plan(Setting(facts, torch=True, blocks=3, preset=preset), list(PLANS)))
    assert len({check.name for check in checks}) == len(checks)
    for check in checks:
        assert json.loads(json.dumps(check.given)) == check.given
        assert 0 < check.expected_s <= check.limit_s


def test_contact_has_each_sharing_of_each_cell_both_ways():
    checks = [check for check in plan(Setting(H200, True, 3), ["contact"]) if check.action == "pass"]
    passes = [check.given["pass"] for check in checks]
    found = {(each["cell"], each["sharing"], each["way"]) for each in passes}
    ways = ("inference", "training")
    assert found == {(c, s, w) for c in cell_names() for s in ("block", "cluster", "grid", "launch") for w in ways}


def test_the_published_shape_is_the_first_of_the_grid():
    first = next(plan(Setting(H200, True, 3), ["grid"]))
    assert first.name == "grid lstm-training-T1024-B16-H768"
    assert {case["backend"] for case in first.given["cases"]} == {"cuda", "cuda-again", "cudnn"}


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


def test_lines_are_in_a_file_too_and_the_last_one_counts(told, tmp_path, capsys):
    assert main(["--out", str(tmp_path), "--stage", "grid", "--only", "rnn*H64", "--blocks", "1"], FAULTY) == 0
    printed = lines_of(capsys.readouterr().out)
    assert [json.loads(line) for line in (tmp_path / "lines.jsonl").read_text().splitlines()] == printed
    assert printed[0]["kind"] == "machine"
    assert printed[-1]["kind"] == "end"
    assert printed[-1]["passed"] == sum(line["kind"] == "check" for line in printed)


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


def test_lines_go_on_where_nobody_reads_them(told, tmp_path, monkeypatch):
    class Closed:
        def write(self, text):
            raise BrokenPipeError

        def flush(self):
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", Closed())
    assert main(["--out", str(tmp_path), "--stage", "grid", "--only", "rnn*H64", "--blocks", "1"], FAULTY) == 0
    assert json.loads((tmp_path / "lines.jsonl").read_text().splitlines()[-1])["kind"] == "end"


def many(count):
    """Results of every kind, and more of them than a table has room for."""
    for number in range(count):
        stage, status = STAGES[number % len(STAGES)], STATUSES[number % len(STATUSES)]
        cell, sharing = cell_names()[number % 4], ("block", "grid", None)[number % 3]
        shape = {"cell": cell, "direction": "training", "hidden_size": 64 + number, "batch_size": 1}
        given = {"pass": {"cell": cell, "dtype": "float32", "sharing": sharing}, "cases": [shape]}
        numbers = {"error": 1e-7 * number, "ratio": 1.5, "step_us": {"backward block": 2.0}}
        action = "pass" if number % 2 else "point"
        yield Check(stage, f"{stage} {number}", action, given, 1, 1), Result(status, "why\nnot", numbers), 0.5


@pytest.mark.parametrize("count", [0, 3, 1000])
def test_the_table_is_read_whole(count):
    lines = table(list(many(count)))
    assert len(lines) <= MOST_LINES
    assert all(len(line) <= WIDTH and "\n" not in line for line in lines)
    if count == 1000:
        assert lines[-1].endswith("more: see the lines")
        assert {line.split()[0] for line in lines} >= set(STAGES)


def test_an_error_that_is_no_number_is_the_worst():
    given = {"pass": {"cell": "rnn", "dtype": "float32", "sharing": "block"}}
    results = [
        (Check("contact", f"{error}", "pass", given, 1, 1), Result("wrong", "", {"error": error}), 0.1)
        for error in (1e-7, float("nan"), 2e-7)
    ]
    assert any("rnn float32" in line and "inf" in line for line in table(results))
