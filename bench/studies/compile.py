"""Time the first result of a fresh process, with and without kernels on disk."""

from __future__ import annotations

from bench.case import Case
from bench.measures import first_call
from bench.study import PerPreset, Study
from cells import cell_names


def cases(cells: tuple[str, ...]) -> list[Case]:
    """List the training of each cell: both drivers and every product are compiled."""
    return [Case(study="compile", cell=cell, direction="training", hidden_size=16, input_size=8) for cell in cells]


STUDY = Study(
    name="compile",
    question="How long until the first result?",
    sizes=PerPreset(quick=("lstm",), course=cell_names(), full=cell_names()),
    cases=cases,
    measure=first_call.measure,
    timed=True,
)
