"""Compile CUDA kernels without running them, and read what they take of a multiprocessor."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from bench.case import Case, make_case
from bench.measures import machine_code
from bench.studies.axes import GATED_CELLS
from bench.study import Computed, PerPreset, Study
from cells.registry import distinct_cells

CHIPS = ("sm_80", "sm_90a")
BATCH = 16


@dataclass(frozen=True)
class Sizes:
    """Cells and hidden sizes whose kernels are compiled: 2 s a kernel."""

    cells: tuple[str, ...]
    hidden_sizes: tuple[int, ...]


def cases(sizes: Sizes) -> list[Case]:
    """List every sharing that fits, for two GPUs by their data sheets; none where kernels cannot be compiled."""
    if machine_code.why_not() is not None:
        return []
    from cells.cuda.plan.rule import Workload, sharings

    grid = itertools.product(CHIPS, sizes.cells, sizes.hidden_sizes, ("forward", "backward"))
    return [
        make_case(
            study="kernels",
            cell=cell,
            backend=chip,
            direction=way,
            batch_size=BATCH,
            hidden_size=hidden,
            input_size=hidden,
            initialiser="-",
            inputs="-",
            variant=variant,
        )
        for chip, cell, hidden, way in grid
        for variant in sharings(Workload(cell, hidden, BATCH, "float32", machine_code.chip(chip), way))
    ]


STUDY = Study(
    name="kernels",
    question="What does a CUDA kernel take of a multiprocessor?",
    sizes=PerPreset(
        quick=Sizes(("lstm",), (128, 512)),
        course=Sizes(GATED_CELLS, (128, 512)),
        full=Sizes(distinct_cells(), (32, 128, 512, 1024)),
    ),
    cases=cases,
    measure=Computed(machine_code.measure),
    lacking=machine_code.why_not,
)
