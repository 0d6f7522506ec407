"""Time the first result of a fresh process, with and without kernels on disk."""

from __future__ import annotations

from dataclasses import dataclass

from bench.case import Case
from bench.measures import first_call
from bench.study import PerPreset, Study
from cells.registry import distinct_cells


@dataclass(frozen=True)
class Sizes:
    """Cells, and dtypes in which each is compiled anew."""

    cells: tuple[str, ...]
    dtypes: tuple[str, ...] = ("float32",)


def cases(sizes: Sizes) -> list[Case]:
    """List the training of each cell: both drivers and every product are compiled."""
    return [
        Case(study="compile", cell=cell, direction="training", dtype=dtype, hidden_size=16, input_size=8)
        for dtype in sizes.dtypes
        for cell in sizes.cells
    ]


STUDY = Study(
    name="compile",
    question="How long until the first result?",
    sizes=PerPreset(
        quick=Sizes(("lstm",)), course=Sizes(distinct_cells()), full=Sizes(distinct_cells(), ("float32", "float64"))
    ),
    cases=cases,
    measure=first_call.measure,
    timed=True,
)
