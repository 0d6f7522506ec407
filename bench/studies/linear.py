"""Measure rates that are known exactly: linear recursions, forget gates without weights."""

from __future__ import annotations

from typing import Any

from bench.case import Case
from bench.measures import gradient_flow
from bench.studies.axes import FEW_SEEDS, SIMPLE_CELL, flow
from bench.study import Computed, Study


def cases(seeds: int) -> list[Case]:
    """List cases with an exact answer: linear recursions, forget gates without weights.

    `seeds` is the number of Gaussian matrices; the other cases have the same answer for every seed.
    """
    exact: dict[str, Any] = {"inputs": "zero", "hidden_size": 64}
    listed = [*flow("linear", SIMPLE_CELL, "scaled-orthogonal", 1.0, 1, seq_len=2000, **exact)]
    for dtype in ("float32", "float64"):
        listed += flow("linear", SIMPLE_CELL, "scaled-orthogonal", 0.5, 1, seq_len=2000, dtype=dtype, **exact)
    listed += flow("linear", SIMPLE_CELL, "gaussian", 0.9, seeds, seq_len=60_000, **exact)
    for bias in (0.0, 1.0, 2.0):
        listed += flow("linear", "lstm", "gaussian", 0.0, 1, seq_len=100, gate_bias=bias, **exact)
    return listed


STUDY = Study(
    name="linear",
    question="Are known rates measured exactly?",
    sizes=FEW_SEEDS,
    cases=cases,
    measure=Computed(gradient_flow.measure_flow),
)
