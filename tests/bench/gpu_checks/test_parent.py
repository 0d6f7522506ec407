"""No process outlives the one that started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.gpu_checks.parent import BOUND
from bench.run.environment import ROOT
from tests.bench.gpu_checks.running import check, run


def alive(pid):
    """Whether a process is there; one that has ended and was not waited for is not."""
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def wait_until_gone(pid):
    deadline = time.monotonic() + 5
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(pid)


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
