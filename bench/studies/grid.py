"""Time every implementation at one grid of shapes, from small layers to large."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from bench.case import Case
from bench.measures import runtime
from bench.studies.axes import PEER_CELLS, all_threads_and_one, backends
from bench.study import PerPreset, Study, always

Point = tuple[int, int, int, int]
"""(T, B, I, H)."""

POINTS: tuple[Point, ...] = (
    (64, 1, 32, 32),
    (256, 1, 64, 64),
    (1024, 1, 128, 128),
    (64, 16, 64, 64),
    (256, 16, 64, 64),
    (100, 32, 128, 128),
    (64, 64, 256, 256),
    (64, 64, 512, 512),
    (25, 16, 512, 512),
    (50, 16, 1024, 1024),
    (150, 1, 64, 256),
    (100, 32, 28, 128),
)
"""From a sequence that fits in the first-level cache to weights that do not fit in the third."""


@dataclass(frozen=True)
class Sizes:
    """The points of the grid, and whether they are measured with one thread as well as with all."""

    points: tuple[Point, ...]
    one_thread: bool


def grid_of(threads: Sequence[int], cells: Sequence[str] = PEER_CELLS, points: Sequence[Point] = POINTS) -> list[Case]:
    """List every implementation at every point, with each number of threads."""
    work = itertools.product(threads, points, cells, ("inference", "training"))
    return [
        Case(
            study="grid",
            cell=cell,
            backend=backend,
            direction=direction,
            seq_len=steps,
            batch_size=batch,
            input_size=inputs,
            hidden_size=hidden,
            threads=count,
        )
        for count, (steps, batch, inputs, hidden), cell, direction in work
        for backend in backends(cell, direction)
    ]


def cases(sizes: Sizes) -> list[Case]:
    """List the grid with all threads, and with one where the preset has the time."""
    threads = all_threads_and_one()
    return grid_of(threads if sizes.one_thread else threads[:1], points=sizes.points)


STUDY = Study(
    name="grid",
    question="Who is fastest, from small layers to large?",
    sizes=PerPreset(
        quick=Sizes(points=(), one_thread=False),
        course=Sizes(POINTS, one_thread=False),
        full=Sizes(POINTS, one_thread=True),
    ),
    cases=cases,
    measure=runtime.measure,
    timed=True,
    blocks=PerPreset(quick=1, course=3, full=5),
    rounds=always(2),  # few: the grid's ratios are medians over blocks
)
