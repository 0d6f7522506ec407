"""Find the lag at which float32 loses the gradient."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from bench.case import Case
from bench.measures import gradient_flow
from bench.studies.axes import FEW_SEEDS, PEER_CELLS, SEEDS, SIMPLE_CELL, flow
from bench.study import Computed, PerPreset, Study
from cells.registry import find_cell

LINEAR_FACTORS = {1 / 3**0.5: 300, 0.5 + 0.25 / 3**0.5: 400, 1 / (1 + math.exp(-1)): 500}
"""Factors per step whose loss in float32 is known, and steps that are enough for it."""
LENGTH = 300
LENGTH_GATED = 500
"""Steps that are enough for a cell at PyTorch's default, without and with a gate that keeps the state; with a forget
bias of 1 twice as many are."""


@dataclass(frozen=True)
class Sizes:
    """Seeds of the linear cases, and of the cells."""

    linear_seeds: int
    cell_seeds: int


def cases(sizes: Sizes) -> list[Case]:
    """List plain float32 passes: linear ones whose factor is given, and cells, long enough to lose the gradient."""
    single: dict[str, Any] = {"hidden_size": 128, "dtype": "float32"}
    listed: list[Case] = []
    for factor, steps in LINEAR_FACTORS.items():
        conditions = single | {"seq_len": steps, "inputs": "zero"}
        listed += flow("underflow", SIMPLE_CELL, "scaled-orthogonal", factor, sizes.linear_seeds, **conditions)
    for cell in PEER_CELLS:
        spec = find_cell(cell)
        steps = LENGTH if spec.keeps is None else LENGTH_GATED
        listed += flow("underflow", cell, "torch", 0.0, sizes.cell_seeds, seq_len=steps, **single)
        if spec.forget_gate is not None:
            listed += flow("underflow", cell, "torch-fb1", 0.0, sizes.cell_seeds, seq_len=2 * steps, **single)
    return listed


STUDY = Study(
    name="underflow",
    question="When does float32 lose the gradient?",
    sizes=PerPreset(
        quick=Sizes(linear_seeds=FEW_SEEDS.quick, cell_seeds=SEEDS.quick),
        course=Sizes(linear_seeds=FEW_SEEDS.course, cell_seeds=SEEDS.course),
        full=Sizes(linear_seeds=FEW_SEEDS.full, cell_seeds=SEEDS.full),
    ),
    cases=cases,
    measure=Computed(gradient_flow.measure_underflow),
)
