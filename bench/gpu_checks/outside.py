"""Checks that other programs make: NVIDIA's compute-sanitizer around one pass, and the tests that need a GPU."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest

from bench.gpu_checks.check import Result, Tell
from bench.gpu_checks.facts import find_sanitizer
from bench.gpu_checks.parent import BOUND
from bench.run.environment import ROOT

FOUND = 9  # the exit status when the sanitizer found something
CLEAN = {"memcheck": "ERROR SUMMARY: 0 errors", "racecheck": "RACECHECK SUMMARY: 0 hazards"}
TAIL = 1500
COLLECTING_S = 120.0


def sanitize(arguments: Mapping[str, Any], tell: Tell) -> Result:
    """Run a pass under one tool of compute-sanitizer: no stray access (memcheck), no race (racecheck)."""
    sanitizer = find_sanitizer()
    if sanitizer is None:
        return Result("skipped", "compute-sanitizer is not installed")
    tool = arguments["tool"]
    inner = [sys.executable, "-m", "bench.gpu_checks.one_pass", json.dumps(arguments["pass"])]
    command = [*BOUND, sanitizer, "--tool", tool, "--error-exitcode", str(FOUND), *inner]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    text = done.stdout + done.stderr
    if done.returncode == 0 and CLEAN[tool] in text:
        return Result("passed")
    if done.returncode == FOUND or "SUMMARY:" in text:
        return Result("wrong", _findings(text))
    return Result("failed", f"exit status {done.returncode}: {text[-TAIL:].strip()}")


def _findings(text: str) -> str:
    """Return the sanitizer's own lines, the first ones of which say where."""
    lines = [line.removeprefix("=========").strip() for line in text.splitlines() if line.startswith("=========")]
    return " | ".join(line for line in lines if line)[:TAIL]


class _Reports:
    """What pytest says of a test, kept."""

    def __init__(self) -> None:
        self.failed: list[str] = []
        self.skipped: list[str] = []
        self.passed = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what became of one phase of a test; pytest calls it for set-up, call and tear-down."""
        if report.failed:
            self.failed.append(report.longreprtext)
        elif report.skipped:
            self.skipped.append(str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else report.longreprtext)
        elif report.when == "call":
            self.passed += 1


def run_test(arguments: Mapping[str, Any], tell: Tell) -> Result:
    """Run one test of `tests/gpu` in this process: importing PyTorch for each would cost more than the test."""
    reports = _Reports()
    status = pytest.main(
        ["-q", "--no-header", "-p", "no:cacheprovider", str(ROOT / arguments["node"])], plugins=[reports]
    )
    if reports.failed:
        return Result("wrong", reports.failed[0][-TAIL:])
    if reports.passed:
        return Result("passed")
    if reports.skipped:
        return Result("skipped", reports.skipped[0])
    return Result("failed", f"pytest ended with {status!r} and ran no test")


def collect_tests(seconds: float) -> list[str]:
    """Name every test of `tests/gpu`, collected in a process of its own: the runner never touches CUDA.

    Raises RuntimeError where that takes more than `seconds`, of which no more than `COLLECTING_S` are used, and where
    there is none.
    """
    limit = min(seconds, COLLECTING_S)
    # Slow are those of variants that take their steps as another cell: no parcel of machine code has their kernels.
    quick = ["-m", "not slow", "-p", "no:cacheprovider", "tests/gpu"]
    command = [*BOUND, sys.executable, "-m", "pytest", "--collect-only", "-q", *quick]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=limit)
    except subprocess.TimeoutExpired as error:
        raise RuntimeError(f"pytest did not collect tests/gpu within {limit:.0f} s") from error
    nodes = [line for line in done.stdout.splitlines() if line.startswith("tests/gpu/") and "::" in line]
    if not nodes:
        raise RuntimeError(f"pytest collects no test of tests/gpu: {(done.stdout + done.stderr)[-TAIL:].strip()}")
    return nodes
