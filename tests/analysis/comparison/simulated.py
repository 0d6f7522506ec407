"""Two runs of which is known what changed: times with noise between the runs, numbers with seeds."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pandas as pd

from analysis.comparison.values import Side
from bench.case import Case, as_row
from bench.rows import COLUMNS

BACKENDS = ("cpu", "cpu-again", "torch", "onnxruntime")
CELLS = ("rnn", "lstm", "gru", "gru-reset-before")
SHAPES = (
    (20, 32, 16),
    (50, 32, 16),
    (100, 32, 16),
    (50, 16, 16),
    (50, 64, 16),
    (50, 128, 16),
    (50, 32, 1),
    (50, 32, 64),
)
ENVIRONMENT = {"cpu": "Example", "cores": 2, "architecture": "x", "versions": {"torch": "2", "onnxruntime": "1"}}
Change = Callable[[Case], float]


def unchanged(case: Case) -> float:
    return 1.0


def run_of_times(
    rng: np.random.Generator,
    change: Change = unchanged,
    *,
    backends: tuple[str, ...] = BACKENDS,
    blocks: int = 8,
    within: float = 0.04,
    between: float = 0.03,
    day: float = 0.1,
    study: str = "runtime",
) -> pd.DataFrame:
    """Rows of one run: a day that slows all alike, what each point has on that day, blocks, and samples."""
    today = rng.normal(0, day)
    rows = []
    slow = rng.normal(0, 0.1, blocks)
    for (steps, hidden, batch), cell, backend, direction in itertools.product(
        SHAPES, CELLS, backends, ("inference", "training")
    ):
        if (backend == "onnxruntime" and direction == "training") or (backend in BACKENDS[2:] and "before" in cell):
            continue
        case = Case(
            study,
            cell,
            backend,
            direction,
            seq_len=steps,
            hidden_size=hidden,
            input_size=32,
            batch_size=batch,
            threads=2,
        )
        middle = 1e-6 * steps * hidden**0.5 * change(case) * np.exp(today + rng.normal(0, between))
        for block in range(blocks):
            value = float(middle * np.exp(slow[block] + rng.normal(0, within)))
            rows.append(row(case, "elapsed_s", value, "s", block))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def run_of_numbers(values: dict[int, list[float]], metric: str = "log10_norm_h", unit: str = "log10") -> pd.DataFrame:
    """Rows of the study "gradients": seed to its values at steps 0, 1, ..."""
    cases = {seed: Case("gradients", "lstm", direction="profile", dtype="float64", seed=seed) for seed in values}
    return pd.DataFrame(
        [
            row(cases[seed], metric, value, unit, step=float(step))
            for seed, found in values.items()
            for step, value in enumerate(found)
        ],
        columns=list(COLUMNS),
    )


def row(case: Case, metric: str, value: float, unit: str, block: int = 0, step: float = 0.0) -> dict[str, object]:
    status = "ok" if np.isfinite(value) else "zero"
    measured = {"metric": metric, "value": value if status == "ok" else None, "unit": unit, "block": block}
    measured |= {"replicate": 0, "step": step, "status": status, "reason": ""}
    run = {"environment": "e", "code_version": "0", "run": "r", "whole": 1, "measured_at": "2026-01-01T00:00:00Z"}
    return as_row(case) | measured | run


def side(frame: pd.DataFrame, name: str = "A", **facts: object) -> Side:
    return Side(name, frame, ({"id": "e", **ENVIRONMENT, **facts},))
