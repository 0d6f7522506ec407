"""Whatever becomes of a worker, every other check has its turn, the time is kept, and a line says what happened."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from bench.case import Case, as_row, make_case
from bench.gpu_checks import process
from bench.gpu_checks.check import Check
from bench.gpu_checks.interrupts import Interrupts
from bench.gpu_checks.parent import BOUND
from bench.gpu_checks.runner import Runner
from bench.run.environment import ROOT

FAULTY = (sys.executable, "-m", "tests.bench.gpu_checks.faulty_worker")
FAULTS = {
    "crash": ("died", "SIGSEGV"),
    "exit": ("died", "exit status 3"),
    "hang": ("hung", "no answer in"),
    "out of memory": ("died", "SIGKILL, as when memory runs out"),
    "endless garbage": ("hung", "no answer in"),
    "unnamed signal": ("died", "signal 40"),
    "closed": ("died", "its output ended, and the process did not"),
    "no number": ("wrong", "no finite number: error"),
    "sticky": ("failed", "the context was broken afterwards: CUDA_ERROR_ILLEGAL_ADDRESS"),
    "wrong": ("wrong", "off by a lot"),
}
SLACK_S = 5.0


@pytest.fixture
def log(tmp_path, monkeypatch):
    """Where the worker says which checks it has done."""
    monkeypatch.setattr(process, "ENDING_S", 0.5)
    monkeypatch.setenv("FAULTY_LOG", str(tmp_path / "log"))
    return tmp_path / "log"


def check(action, limit_s=60.0, **given):
    name = f"{action} {given.get('number', '')}".strip()
    return Check("contact", name, action, given, 0.1, limit_s)


def run(checks, seconds=None, keep=lambda items: None):
    lines = []
    runner = Runner(lines.append, seconds, FAULTY, keep=keep)
    try:
        runner.run("contact", checks)
        runner.run_postponed()
    finally:
        runner.end()
    return runner.outcome, lines


def alive(pid):
    """Whether a process is there; one that has ended and was not waited for is not."""
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def wait_until_gone(pid):
    deadline = time.monotonic() + 5
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(pid)


@pytest.mark.parametrize("fault", FAULTS)
def test_every_other_check_runs_once_and_the_line_says_what_happened(fault, log):
    status, reason = FAULTS[fault]
    limit = 1.5 if status == "hung" else 60
    outcome, lines = run([check("fine", number=1), check(fault, limit), check("fine", number=2)])
    assert [result.status for _, result, _ in outcome.results] == ["passed", status, "passed"]
    assert log.read_text().split() == ["1", "2"]
    (line,) = [line for line in lines if line["kind"] == "check" and line["name"] == fault]
    assert line["status"] == status
    assert reason in line["reason"]


def test_what_a_worker_said_last_is_in_the_line(log):
    _, lines = run([check("crash")])
    assert "an illegal instruction was met" in lines[1]["reason"]
    _, lines = run([check("hang", 1.0)])
    assert "waiting for a block that never comes" in lines[1]["reason"]


def test_garbage_is_told_and_the_answer_behind_it_is_taken(log):
    outcome, lines = run([check("garbage", number=1), check("fine", number=2)])
    assert [result.status for _, result, _ in outcome.results] == ["passed", "passed"]
    noise = [line["text"] for line in lines if line["kind"] == "noise"]
    assert len(noise) == 3
    assert noise[0].endswith("no JSON")


def test_many_faults_in_a_row_lose_nothing_else(log):
    bad = [fault for fault, (status, _) in FAULTS.items() if status != "hung"]
    checks = [each for number, fault in enumerate(bad) for each in (check(fault), check("fine", number=number))]
    outcome, _ = run(checks)
    assert log.read_text().split() == [str(number) for number in range(len(bad))]
    assert len(outcome.results) == 2 * len(bad)


def test_the_budget_holds_and_what_was_not_reached_is_named(log):
    checks = [check("fine", number=1), check("hang"), check("fine", number=2), check("fine", number=3)]
    begin = time.monotonic()
    outcome, lines = run(checks, seconds=3.0)
    assert time.monotonic() - begin < 3.0 + SLACK_S
    assert [result.status for _, result, _ in outcome.results] == ["passed", *["not reached"] * 3]
    assert "the time was up while it ran" in lines[2]["reason"]
    assert [line["name"] for line in lines if line.get("reason") == "the time was up"] == ["fine 2", "fine 3"]


def test_a_worker_that_cannot_start_becomes_a_line(log):
    lines = []
    runner = Runner(lines.append, 20, (sys.executable, "-c", "raise SystemExit('no such GPU')"))
    assert "no such GPU" in runner.hello()
    assert lines[0]["status"] == "died"
    assert "no such GPU" in lines[0]["reason"]


def test_a_stage_says_beforehand_how_long_it_should_take(log):
    _, lines = run([check("fine", number=1), check("fine", number=2)])
    assert lines[0] == {"kind": "stage", "stage": "contact", "checks": 2, "expected_s": 0.2}
    assert lines[-1]["kind"] == "stage end"


def test_rows_that_nobody_takes_stand_in_a_line(log):
    def full(items):
        raise OSError("no space left on device")

    lines = []
    cases = [as_row(Case("sharings", "rnn", "cuda"))]
    runner = Runner(lines.append, None, FAULTY, keep=full)
    runner.run("contact", [check("point", cases=cases, blocks=1), check("fine", number=1)])
    runner.end()
    (lost,) = [line for line in lines if line["kind"] == "rows not stored"]
    assert lost["reason"] == "OSError: no space left on device"
    assert lost["items"][0]["case"] == cases[0]
    assert [result.status for _, result, _ in runner.outcome.results] == ["passed", "passed"]


def test_an_answer_of_another_form_is_noise_and_ends_nothing(log):
    outcome, lines = run([check("null", number=1), check("fine", number=2)])
    assert [result.status for _, result, _ in outcome.results] == ["passed", "passed"]
    assert len([line for line in lines if line["kind"] == "noise"]) == 4
    assert log.read_text().split() == ["1", "2"]


def cases_of(*variants):
    return [as_row(make_case("sharings", "rnn", "cuda", "training", variant=variant)) for variant in variants]


def point_that_meets(fault):
    """A point whose second contender meets a fault, in a worker that is quick since it has measured before."""
    before = check("partial", cases=cases_of("block"), good=None, then=None)
    lost = check("partial", cases=cases_of("block", "grid", "launch"), good=1, then=fault)
    return [replace(before, name="before"), replace(lost, warm_limit_s=1.0)]


def variants(items):
    return [item["case"]["variant"] for item in items]


@pytest.mark.parametrize(("fault", "status"), [("hang", "hung"), ("crash", "died")])
def test_rows_that_were_measured_before_a_worker_was_lost_are_kept(fault, status, log):
    kept = []
    outcome, lines = run([*point_that_meets(fault), check("fine", number=1)], keep=kept.extend)
    assert [result.status for _, result, _ in outcome.results] == ["passed", status, "passed"]
    assert variants(kept) == ["block", "block"]
    if status == "hung":
        assert "while it was at grid training" in lines[2]["reason"]


def test_rows_that_were_measured_when_the_time_was_up_are_kept(log):
    kept = []
    outcome, _ = run([check("partial", cases=cases_of("block", "grid"), good=1, then="hang")], 3.0, kept.extend)
    assert [result.status for _, result, _ in outcome.results] == ["not reached"]
    assert variants(kept) == ["block"]


def passes(*sharings):
    """Checks of these sharings; those of the grid hang, and are given up after half a second."""
    for number, sharing in enumerate(sharings):
        given = {"pass": {"sharing": sharing, "way": "training"}, "number": number}
        yield Check("contact", f"{sharing} {number}", "pass", given, 0.1, 0.5 if sharing == "grid" else 60.0)


def test_what_hangs_twice_waits_for_all_others_and_is_given_up_after_four_times(log):
    order = ["block", "grid", "grid", "block", "grid", "grid", "grid", "block"]
    outcome, lines = run(list(passes(*order)))
    ends = [(check.name, result.status) for check, result, _ in outcome.results]
    assert ends == [
        *[("block 0", "passed"), ("grid 1", "hung"), ("grid 2", "hung"), ("block 3", "passed"), ("block 7", "passed")],
        *[("grid 4", "hung"), ("grid 5", "hung"), ("grid 6", "skipped")],
    ]
    assert outcome.results[-1][1].reason == "4 checks of grid training hung before"
    assert [line["name"] for line in lines if line["kind"] == "postponed"] == ["grid 4", "grid 5", "grid 6"]


def test_of_a_point_only_the_contender_that_hangs_waits(log):
    last = check("point", cases=cases_of("block", "grid", "launch"), blocks=1)
    kept = []
    outcome, _ = run([*point_that_meets("hang"), *point_that_meets("hang"), last], keep=kept.extend)
    ends = [(check.name, result.status) for check, result, _ in outcome.results[-2:]]
    assert ends == [("point", "passed"), ("point grid training", "passed")]
    assert variants(kept) == ["block", "block"] * 2 + ["block", "launch", "grid"]


def test_a_worker_that_has_done_the_like_before_may_be_silent_for_less_time(log):
    first, hanging, last = passes("block", "grid", "block")
    outcome, _ = run([first, replace(hanging, limit_s=60.0, warm_limit_s=0.5), last])
    assert [result.status for _, result, _ in outcome.results] == ["passed", "hung", "passed"]
    assert "no answer in 0.5 s" in outcome.results[1][1].reason


def test_a_worker_that_cannot_be_started_is_a_line_for_each_check():
    lines = []
    runner = Runner(lines.append, None, ("/nowhere/python",))
    runner.run("contact", [check("fine", number=1), check("fine", number=2)])
    assert [result.status for _, result, _ in runner.outcome.results] == ["died", "died"]
    assert "no worker could be started" in lines[1]["reason"]


def test_an_error_of_the_runners_own_is_a_result_and_the_run_goes_on(log, monkeypatch):
    more = process.Worker._more
    calls = []

    def odd(worker):
        calls.append(worker)
        if len(calls) == 1:
            raise RuntimeError("odd")
        return more(worker)

    monkeypatch.setattr(process.Worker, "_more", odd)
    outcome, lines = run([check("fine", number=1), check("fine", number=2)])
    assert [result.status for _, result, _ in outcome.results] == ["failed", "passed"]
    assert lines[1]["reason"] == "the runner met RuntimeError: odd"
    assert calls[0] is not calls[-1]


def test_too_few_seconds_are_named_as_the_reason():
    runner = Runner(lambda line: None, 1e-3, FAULTY)
    assert "the time was up before anything was begun" in runner.hello()


def test_a_signal_interrupts_waiting_and_nothing_else(log):
    kept, lines = [], []
    interrupts = Interrupts()

    def keep(items):
        os.kill(os.getpid(), signal.SIGTERM)  # arrives while rows are on their way
        kept.extend(items)

    runner = Runner(lines.append, None, FAULTY, keep=keep, waiting=interrupts.waiting)
    points = check("point", cases=cases_of("block"), blocks=2)
    with interrupts.caught(), pytest.raises(KeyboardInterrupt):
        runner.run("contact", [points, check("fine", number=1), check("fine", number=2)])
    assert len(kept) == 2
    assert [result.status for _, result, _ in runner.outcome.results] == ["passed", "not reached", "not reached"]
    assert [line["name"] for line in lines if line.get("reason") == "the run was interrupted"] == ["fine 1", "fine 2"]
    assert interrupts.raised


def test_rows_that_were_measured_when_a_signal_came_are_kept(log):
    """Those that stand unread on the worker's output, too: the worker sends the signal right behind them."""
    kept = []
    interrupts = Interrupts()
    runner = Runner(lambda line: None, None, FAULTY, keep=kept.extend, waiting=interrupts.waiting)
    with interrupts.caught(), pytest.raises(KeyboardInterrupt):
        runner.run("contact", point_that_meets("interrupt"))
    assert variants(kept) == ["block", "block"]


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_each_signal_that_ends_a_run_interrupts_it(name):
    interrupts = Interrupts()
    with interrupts.caught():
        os.kill(os.getpid(), getattr(signal, name))
        with pytest.raises(KeyboardInterrupt), interrupts.waiting():
            time.sleep(5)
    assert interrupts.raised


def test_an_interrupted_run_names_what_it_did_not_reach(log, monkeypatch):
    runner = Runner(lambda line: None, None, FAULTY)
    monkeypatch.setattr(runner, "_do", lambda check: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        runner.run("contact", [check("fine", number=1), check("fine", number=2)])
    assert [result.reason for _, result, _ in runner.outcome.results] == ["the run was interrupted"] * 2


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_killed_worker_takes_its_children_with_it(log, tmp_path):
    file = tmp_path / "pid"
    run([check("child", 2.0, file=str(file))])
    pid = int(file.read_text())
    wait_until_gone(pid)


HANGING = """
import sys
from bench.gpu_checks.check import Check
from bench.gpu_checks.runner import Runner

runner = Runner(lambda line: print(line, flush=True), None, sys.argv[1:])
runner.hello()
print("worker", runner._worker._process.pid, flush=True)
runner.run("contact", [Check("contact", "spin", "spin", {}, 1, 600)])
"""
SPINNING = """
import sys, time
from bench.gpu_checks import parent, worker
parent.die_with_parent()
sys.stdin.readline()
print(worker.MARK + '{"facts": {}}', flush=True)
sys.stdin.readline()
time.sleep(600)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="a signal at the parent's death is Linux's")
def test_a_worker_dies_with_its_runner(log):
    command = [sys.executable, "-c", HANGING, sys.executable, "-c", SPINNING]
    parent = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    pid = int(next(line.split()[1] for line in parent.stdout if line.startswith("worker")))
    assert alive(pid)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    wait_until_gone(pid)


STARTING = """
import subprocess, sys
child = subprocess.Popen(sys.argv[1:])
print(child.pid, flush=True)
child.wait()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="a signal at the parent's death is Linux's")
def test_a_program_that_is_bound_dies_with_who_started_it():
    command = [sys.executable, "-c", STARTING, *BOUND, sys.executable, "-c", "print('up', flush=True); input()"]
    parent = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    pid = int(parent.stdout.readline())
    assert parent.stdout.readline() == "up\n"
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    wait_until_gone(pid)
    parent.stdin.close()
