"""Count the parameters and operations of every cell."""

from __future__ import annotations

from bench.case import Case, make_case
from bench.measures import counts
from bench.studies.axes import SWEEP_HIDDEN_SIZES, SWEEP_INPUT_SIZE
from bench.study import Computed, Study
from cells import cell_names

TABLE = ((1, 32), (10, 100), (28, 128), (256, 256))
"""(I, H) of SCIENCE's table of counts."""


def cases(hidden_sizes: tuple[int, ...]) -> list[Case]:
    """List every cell, in one direction and in two, at the sizes of the table and along the sweep over H."""
    layers = list(dict.fromkeys((*TABLE, *((SWEEP_INPUT_SIZE, hidden) for hidden in hidden_sizes))))
    return [
        make_case(
            study="parameters",
            cell=cell,
            direction="count",
            merge=merge,
            input_size=inputs,
            hidden_size=hidden,
            inputs="-",
            initialiser="-",
        )
        for cell in cell_names()
        for merge in ("none", "concat")
        for inputs, hidden in layers
    ]


STUDY = Study(
    name="parameters",
    question="How many parameters and operations does each cell have?",
    sizes=SWEEP_HIDDEN_SIZES,
    cases=cases,
    measure=Computed(counts.measure),
)
