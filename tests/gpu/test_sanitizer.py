"""NVIDIA's compute-sanitizer finds no stray access and no race in any kernel."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cells.layers import EVERY_CELL

ROOT = Path(__file__).resolve().parents[2]
FOUND = 9  # the exit status when it found something
PLACES = ("CUDA_HOME", "CUDA_PATH")


def find_sanitizer():
    """Of the path or of a CUDA toolkit, or None."""
    homes = [Path(os.environ[name]) for name in PLACES if name in os.environ] + [Path("/usr/local/cuda")]
    folders = [str(home / part) for home in homes for part in ("bin", "compute-sanitizer")]
    return shutil.which("compute-sanitizer") or shutil.which("compute-sanitizer", path=os.pathsep.join(folders))


@EVERY_CELL
@pytest.mark.parametrize("tool", ["memcheck", "racecheck"])
def test_the_sanitizer_finds_nothing(cell, tool):
    sanitizer = find_sanitizer()
    if sanitizer is None:
        pytest.skip("compute-sanitizer is not installed")
    command = [sanitizer, "--tool", tool, "--error-exitcode", str(FOUND), sys.executable, "-m", "tests.gpu.sanitized"]
    done = subprocess.run([*command, cell], cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    clean = {"memcheck": "ERROR SUMMARY: 0 errors", "racecheck": "RACECHECK SUMMARY: 0 hazards"}
    assert clean[tool] in done.stdout, done.stdout[-4000:]
