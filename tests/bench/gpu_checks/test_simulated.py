"""Every stage from end to end in the simulator, at toy sizes: the real worker, and a sanitizer that only says so."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from bench.gpu_checks.check import BAD
from bench.run.environment import ROOT
from cells.cuda.device import target

pytestmark = pytest.mark.skipif(not target.SIMULATED, reason=f"runs with {target.VARIABLE}=simulator")
SANITIZER = """#!/bin/sh
# Stands for NVIDIA's: runs what it is given and finds nothing.
while [ "$1" != "{python}" ]; do shift; done
"$@" || exit 1
echo "ERROR SUMMARY: 0 errors"
echo "RACECHECK SUMMARY: 0 hazards"
"""
STAGES = {
    "contact": "*",
    "parity": "rnn",
    "steps": "gru-training",
    "grid": "lstm-training",
    "half": "lstm-inference",
    "sanitizer": "block",
    "cpu": "inference",
}


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_goes_through(stage, tmp_path):
    sanitizer = tmp_path / "bin" / "compute-sanitizer"
    sanitizer.parent.mkdir()
    sanitizer.write_text(SANITIZER.format(python=sys.executable))
    sanitizer.chmod(0o755)
    environment = os.environ | {"PATH": f"{sanitizer.parent}{os.pathsep}{os.environ['PATH']}"}
    command = [sys.executable, "-m", "bench.gpu_checks", "--stage", stage, "--only", STAGES[stage], "--blocks", "1"]
    done = subprocess.run(
        [*command, "--out", str(tmp_path)], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [json.loads(line) for line in (tmp_path / "lines.jsonl").read_text().splitlines()]
    checks = [line for line in lines if line["kind"] == "check"]
    assert checks, done.stdout
    assert {line["status"] for line in checks} <= {"passed", "skipped"}
    assert any(line["status"] == "passed" for line in checks)
    assert not any(lines[-1][status.replace(" ", "_")] for status in BAD)
    assert lines[1]["simulated"]
    assert not (tmp_path / "gpu.sqlite").exists(), "a simulator measures nothing"
