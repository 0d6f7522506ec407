"""Whatever becomes of a worker, every other check has its turn, the time is kept, and a line says what happened."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.gpu_checks.check import Check
from bench.gpu_checks.runner import Runner
from bench.run.environment import ROOT

FAULTY = (sys.executable, "-m", "tests.bench.gpu_checks.faulty_worker")
FAULTS = {
    "crash": ("died", "SIGSEGV"),
    "exit": ("died", "exit status 3"),
    "hang": ("hung", "no answer in"),
    "out of memory": ("died", "SIGKILL, as when memory runs out"),
    "endless garbage": ("hung", "no answer in"),
    "sticky": ("failed", "the context was broken afterwards: CUDA_ERROR_ILLEGAL_ADDRESS"),
    "wrong": ("wrong", "off by a lot"),
}
SLACK_S = 5.0


@pytest.fixture
def log(tmp_path, monkeypatch):
    """Where the worker says which checks it has done."""
    monkeypatch.setenv("FAULTY_LOG", str(tmp_path / "log"))
    return tmp_path / "log"


def check(action, limit_s=60.0, **given):
    name = f"{action} {given.get('number', '')}".strip()
    return Check("contact", name, action, given, 0.1, limit_s)


def run(checks, seconds=None):
    lines = []
    runner = Runner(lines.append, seconds, FAULTY)
    try:
        runner.run("contact", checks)
    finally:
        runner.end()
    return runner.outcome, lines


def alive(pid):
    """Whether a process is there; one that has ended and was not waited for is not."""
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


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
    assert runner.hello() is None
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
    runner = Runner(lines.append, None, FAULTY)
    cases = [{"cell": "rnn"}]
    runner.run("contact", [check("point", cases=cases, blocks=1), check("fine", number=1)], keep=full)
    runner.end()
    (lost,) = [line for line in lines if line["kind"] == "rows not stored"]
    assert lost["reason"] == "OSError: no space left on device"
    assert lost["items"][0]["case"] == cases[0]
    assert [result.status for _, result, _ in runner.outcome.results] == ["passed", "passed"]


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
    deadline = time.monotonic() + 5
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(pid)


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
from bench.gpu_checks import worker
worker._die_with_parent()
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
    deadline = time.monotonic() + 5
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(pid)
