"""Axes that several studies share: seeds, the layer at which studies of gradients meet, initialisers, contenders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench.case import Case, make_case
from bench.contenders.registry import PEERS, able
from bench.study import PerPreset
from cells import cell_names, get_threads
from cells.registry import find_cell, main_cells

FIRST_SEED = 2000
"""Seeds count from here. Those from 0 on belong to rows that were known when the rules of the claims were written;
those from 1000 on to rows that were known when the last of them were revised."""
SEEDS = PerPreset(quick=5, course=20, full=50)
FEW_SEEDS = PerPreset(quick=3, course=8, full=10)
"""Seeds of cases that take a second each."""


@dataclass(frozen=True)
class FlowLayer:
    """The layer at which studies of gradients meet, so that their curves can be set side by side."""

    steps: int
    hidden_size: int
    seeds: int

    @property
    def shape(self) -> dict[str, Any]:
        """Give the steps and the hidden size as fields of a case."""
        return {"seq_len": self.steps, "hidden_size": self.hidden_size}


FLOW_LAYER = PerPreset(
    quick=FlowLayer(steps=100, hidden_size=32, seeds=SEEDS.quick),
    course=FlowLayer(steps=200, hidden_size=64, seeds=SEEDS.course),
    full=FlowLayer(steps=500, hidden_size=64, seeds=SEEDS.full),
)
LARGE_LAYER = 256
"""Hidden size at which a mean over units comes close to theory for infinitely many."""

SIMPLE_CELL = "rnn"
"""The cell that the theory of the gain, of the mean field and of linear recursions is about."""
PEER_CELLS = main_cells()
"""Cells that are no variant of another one: those that libraries may have."""
GATED_CELLS = tuple(cell for cell in main_cells() if find_cell(cell).keeps is not None)
"""Main cells with a gate that keeps the state."""
CELL_STATE_CELLS = tuple(cell for cell in cell_names() if find_cell(cell).cell_state is not None)
"""Cells with a cell state, kept by a forget gate or carried whole, and their variants."""
CARRYING_CELLS = tuple(cell for cell in cell_names() if find_cell(cell).carries is not None)
"""Cells with a cell state that no gate multiplies."""

CHRONO_T_MAX = 100.0
SWEEP_HIDDEN_SIZES = PerPreset(quick=(16, 32, 64), course=(16, 32, 64, 128, 256), full=(16, 32, 64, 128, 256, 512))
"""Hidden sizes at which times and counts are set side by side."""
SWEEP_INPUT_SIZE = 32


def initialisers_for(cell: str) -> tuple[tuple[str, float], ...]:
    """List (name, value) of the initialisers that differ for this cell."""
    spec = find_cell(cell)
    initialisers = [(name, 0.0) for name in ("torch", "keras", "orthogonal")]
    if spec.forget_gate is not None:
        initialisers.append(("torch-fb1", 0.0))
    if spec.keeps is not None:
        initialisers.append(("chrono", CHRONO_T_MAX))
    return tuple(initialisers)


def has_gain(cell: str) -> bool:
    """Say whether the gain of the recurrent weights matters: the candidate sees the state."""
    spec = find_cell(cell)
    return spec.candidate in spec.hidden_gates


def default_and_last_initialiser(cell: str) -> tuple[tuple[str, float], ...]:
    """List PyTorch's default and the last of the cell's initialisers, once where they are the same."""
    return tuple(dict.fromkeys((("torch", 0.0), initialisers_for(cell)[-1])))


def flow(study: str, cell: str, initialiser: str, value: float, seeds: int, **conditions: Any) -> Iterator[Case]:
    """List one case a seed, in float64, with one input of N(0, 1); `conditions` are fields of `Case` that differ.

    Without input (`inputs` is "zero" or "start") the scale of the input is 0.
    """
    if conditions.get("inputs") in ("zero", "start"):
        conditions["input_scale"] = 0.0
    for seed in range(FIRST_SEED, FIRST_SEED + seeds):
        settings: dict[str, Any] = {"direction": "profile", "dtype": "float64", "input_size": 1} | conditions
        yield make_case(study, cell, initialiser=initialiser, initialiser_value=value, seed=seed, **settings)


def backends(cell: str, direction: str, merge: str = "none") -> list[str]:
    """List who can be timed at this work on this machine: our kernels, the same again, and every peer that has it."""
    return able(Case("runtime", cell, direction=direction, merge=merge), ("cpu", "cpu-again", *PEERS))


def all_threads_and_one() -> tuple[int, ...]:
    """Give the number of threads of this machine, and one; once where they are the same."""
    return tuple(dict.fromkeys((get_threads(), 1)))
