"""The command with a worker that stands for no GPU, and what it said."""

from __future__ import annotations

import json
import subprocess
import sys

from bench.run.environment import ROOT

FAULTY = (sys.executable, "-m", "tests.bench.gpu_checks.faulty_worker")
COMMAND = f"""
import sys
from bench.gpu_checks.__main__ import main
sys.exit(main(sys.argv[1:], {FAULTY!r}))
"""
CHIP = {"name": "NVIDIA Invented 9000", "capability": [9, 0], "multiprocessors": 132, "shared_bytes": 227 * 1024}
GPU = {"name": "NVIDIA Invented 9000", "driver": "999.88", "versions": {}, "used": True}


def lines_in(folder):
    return [json.loads(line) for line in (folder / "lines.jsonl").read_text().splitlines()]


def lines_of(text):
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def command(words, **where):
    """Run the command in a process of its own, with the faulty worker."""
    return subprocess.run(
        [sys.executable, "-c", COMMAND, *words], cwd=ROOT, stderr=subprocess.PIPE, text=True, check=False, **where
    )
