"""The command: which checks there are, what it prints, which rows it keeps. Its worker stands for no GPU."""

from __future__ import annotations

import errno
import io
import json
import signal
import subprocess
import sys
import time

import pytest

from bench.gpu_checks import lines, outside, stages
from bench.gpu_checks.__main__ import main, process_began
from bench.gpu_checks.check import STAGES, STATUSES, Check, Result
from bench.gpu_checks.probes import SPIN_S
from bench.gpu_checks.stages import PLANS, Setting, plan
from bench.gpu_checks.summary import MOST_LINES, WIDTH, table
from bench.run.environment import ROOT
from bench.run.store import Store
from cells import cell_names
from cells.cuda.device.target import A100, H200
from tests.bench.conftest import FACTS

FAULTY = (sys.executable, "-m", "tests.bench.gpu_checks.faulty_worker")
COMMAND = f"""
import sys
from bench.gpu_checks.__main__ import main
sys.exit(main(sys.argv[1:], {FAULTY!r}))
"""
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


def lines_in(folder):
    return [json.loads(line) for line in (folder / "lines.jsonl").read_text().splitlines()]


def lines_of(text):
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


@pytest.mark.parametrize("facts", [A100, H200], ids=lambda facts: facts.name)
@pytest.mark.parametrize("preset", ["toy", "quick", "course"])
def test_every_check_has_a_name_of_its_own_and_travels_as_json(facts, preset):
    checks = list(plan(Setting(facts, torch=True, blocks=3, preset=preset), list(PLANS)))
    assert len({check.name for check in checks}) == len(checks)
    for check in checks:
        assert json.loads(json.dumps(check.arguments)) == check.arguments
        assert 0 < check.expected_s <= check.limit_s


def test_contact_has_each_sharing_of_each_cell_both_ways():
    checks = [check for check in plan(Setting(H200, True, 3), ["contact"]) if check.action == "pass"]
    passes = [check.arguments["pass"] for check in checks]
    found = {(each["cell"], each["sharing"], each["way"]) for each in passes}
    ways = ("inference", "training")
    assert found == {(c, s, w) for c in cell_names() for s in ("block", "cluster", "grid", "launch") for w in ways}


def test_contact_asks_what_may_hang_last():
    checks = list(plan(Setting(H200, True, 3), ["contact"]))
    sharing = [check.arguments["pass"]["sharing"] if check.action == "pass" else check.action for check in checks]
    assert list(dict.fromkeys(sharing)) == ["probe", "block", "launch", "profile", "product", "cluster", "grid"]


def test_only_probes_that_import_pytorch_or_wait_for_the_gpu_have_a_minute():
    limits = {check.name: check.limit_s for check in plan(Setting(H200, True, 3), ["contact"])}
    assert {name.rpartition(" ")[2] for name, limit in limits.items() if limit >= 60} == {
        "shared-with-torch",
        "killed-spinner",
    }
    assert SPIN_S < limits["contact probe killed-spinner"]


def test_the_published_shape_is_the_first_of_the_grid():
    first = next(plan(Setting(H200, True, 3), ["grid"]))
    assert first.name == "grid lstm-training-T1024-B16-H768"
    assert {case["backend"] for case in first.arguments["cases"]} == {"cuda", "cuda-again", "cudnn"}


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
    assert lines_in(tmp_path) == printed
    assert [line["kind"] for line in printed[:2]] == ["start", "machine"]
    assert printed[1]["multiprocessors"] == CHIP["multiprocessors"]
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
    assert lines_in(tmp_path)[-1]["kind"] == "end"


def test_a_full_disk_takes_no_line_and_ends_nothing(told, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(lines.os, "write", full)
    assert main(["--out", str(tmp_path), "--stage", "grid", "--only", "rnn*H64", "--blocks", "1"], FAULTY) == 0
    printed = lines_of(capsys.readouterr().out)
    assert [line["kind"] for line in printed].count("lines not stored") == 1
    assert printed[-1]["passed"] == sum(line["kind"] == "check" for line in printed) > 0


def full(*_):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_behind_standard_output_ends_nothing(told, tmp_path):
    with open("/dev/full", "w") as disk:
        done = command(["--out", str(tmp_path), "--stage", "contact", "--only", "product own"], stdout=disk)
    assert done.returncode == 1  # the faulty worker knows no products
    assert lines_in(tmp_path)[-1]["died"] == 3


def command(words, **where):
    """Run the command in a process of its own, with the faulty worker."""
    return subprocess.run(
        [sys.executable, "-c", COMMAND, *words], cwd=ROOT, stderr=subprocess.PIPE, text=True, check=False, **where
    )


def test_letters_that_an_encoding_lacks_are_escaped(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, "ascii"))
    lines.show("too far by 5 µs")
    assert raw.getvalue() == b"too far by 5 \\xb5s\n"


def test_a_list_may_be_cut_off(told):
    run = [sys.executable, "-m", "bench.gpu_checks", "--list"]
    process = subprocess.Popen(run, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline().startswith("contact: ")
    process.stdout.close()
    assert (process.stderr.read(), process.wait()) == ("", 0)
    process.stderr.close()


def test_a_later_run_keeps_the_lines_of_an_earlier_one(told, tmp_path):
    words = ["--out", str(tmp_path), "--stage", "steps", "--only", "rnn*H32", "--blocks", "1"]
    assert main(words, FAULTY) == 0
    with (tmp_path / "lines.jsonl").open("a") as file:
        file.write('{"torn')
    earlier = (tmp_path / "lines.jsonl").read_text()
    with Store(tmp_path / "gpu.sqlite").writing():
        assert main(words, FAULTY) == 2
    text = (tmp_path / "lines.jsonl").read_text()
    assert text.startswith(earlier + "\n")
    later = [json.loads(line) for line in text.removeprefix(earlier).splitlines() if line]
    assert [line["kind"] for line in later] == ["start", "machine", "end"]
    assert "another run is writing" in later[-1]["reason"]


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


def many(count):
    """Results of every kind, and more of them than a table has room for."""
    for number in range(count):
        stage, status = STAGES[number % len(STAGES)], STATUSES[number % len(STATUSES)]
        cell, sharing = cell_names()[number % len(cell_names())], ("block", "grid", None)[number % 3]
        shape = {"cell": cell, "direction": "training", "hidden_size": 64 + number, "batch_size": 1}
        arguments = {"pass": {"cell": cell, "dtype": "float32", "sharing": sharing}, "cases": [shape]}
        numbers = {"error": 1e-7 * number, "ratio": 1.5, "step_us": {"backward block": 2.0}}
        action = "pass" if number % 2 else "point"
        yield Check(stage, f"{stage} {number}", action, arguments, 1, 1), Result(status, "why\nnot", numbers), 0.5


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


def test_points_without_any_peer_have_a_line_of_their_own():
    arguments = {"cases": [{"cell": "rnn", "direction": "training", "hidden_size": 64, "batch_size": 1}]}
    alone = Result("passed", "cudnn: RuntimeError: cuDNN needs PyTorch with CUDA", {"seconds": {"cuda": 1.0}})
    beside = Result("passed", "", {"ratio": 2.0})
    results = [(Check("grid", "a point", "point", arguments, 1, 1), result, 0.1) for result in (alone, beside)]
    (line,) = [line for line in table(results) if line.startswith("peer missing or failed")]
    assert line.startswith("peer missing or failed: 1 points; cudnn: RuntimeError: cuDNN needs PyTorch")
    assert not [line for line in table(results[1:]) if "peer missing" in line]
