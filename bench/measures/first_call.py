"""What a user waits for before the first result: imports and compilation, in a fresh process, cold and warm."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time

from bench.case import Case
from bench.rows import Measurement
from bench.run.environment import ROOT

_FIRST_CALL = """
import numpy as np
from cells import Layer
cell, dtype, direction, inputs, hidden = {cell!r}, {dtype!r}, {direction!r}, {inputs}, {hidden}
layer = Layer(cell, inputs, hidden, dtype=dtype, rng=np.random.default_rng(0))
x = np.zeros((2, 1, inputs))
layer.forward(x).backward(np.zeros((2, 1, hidden))) if direction == "training" else layer(x)
"""


def measure(case: Case, block: int, rounds: int) -> list[Measurement]:
    """Time a fresh process with an empty kernel cache, then one that finds the kernels there; `rounds` times."""
    return [row for replicate in range(rounds) for row in _cold_and_warm(case, block, replicate)]


def _cold_and_warm(case: Case, block: int, replicate: int) -> list[Measurement]:
    script = _FIRST_CALL.format(
        cell=case.cell,
        dtype=case.dtype,
        direction=case.direction,
        inputs=case.input_size,
        hidden=case.hidden_size,
    )
    rows = []
    with tempfile.TemporaryDirectory(prefix="recurbench-") as folder:
        for metric in ("first_call_cold_s", "first_call_warm_s"):
            start = time.perf_counter()
            done = subprocess.run(
                [sys.executable, "-c", script],
                cwd=ROOT,
                env=os.environ | {"RECURBENCH_CACHE_DIR": folder},
                capture_output=True,
                text=True,
                check=False,
            )
            elapsed = time.perf_counter() - start
            if done.returncode:
                raise RuntimeError(f"{metric}: the process ended with {done.returncode}: {done.stderr.strip()[-400:]}")
            rows.append(Measurement(case, metric, elapsed, "s", block, replicate))
    return rows
