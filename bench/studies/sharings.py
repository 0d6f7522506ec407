"""Time every way in which threads of the GPU can share a batch row, beside the one that the rule takes."""

from __future__ import annotations

import itertools

from bench.case import Case
from bench.measures import runtime
from bench.run import gpu_facts
from bench.studies.gpu_axes import CELLS, DIRECTIONS, FEW_SIZES, ROUNDS, SHARING_BATCH, SIZES, fitting, sharing_case
from bench.study import PerPreset, Study, always


def cases(hidden_sizes: tuple[int, ...]) -> list[Case]:
    """List the rule's choice ("-") beside each sharing that fits; none where kernels cannot run on a GPU."""
    if not gpu_facts.available():
        return []
    from cells.cuda.device.target import facts

    return [
        sharing_case(cell, direction, hidden, variant)
        for hidden, cell, direction in itertools.product(hidden_sizes, CELLS, DIRECTIONS)
        for variant in ("-", *fitting(cell, hidden, SHARING_BATCH, "float32", facts(), direction))
    ]


STUDY = Study(
    name="sharings",
    question="Who should share a batch row on the GPU?",
    sizes=PerPreset(quick=FEW_SIZES, course=SIZES, full=SIZES),
    cases=cases,
    measure=runtime.measure,
    timed=True,
    blocks=PerPreset(quick=3, course=2, full=5),
    rounds=always(ROUNDS),
    lacking=gpu_facts.lacking,
)
