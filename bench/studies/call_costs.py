"""Time what a layer offers beside a plain pass: kept states, double precision, one thread, profiles, long sequences.

A ratio needs both of its sides next to each other in a block. So the plain pass is measured here too, though the grid
has it as well; all of a layer's calls meet, whatever their length.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from bench.case import Case
from bench.measures import runtime
from bench.studies.axes import PEER_CELLS, all_threads_and_one
from bench.studies.grid import POINTS, Point
from bench.study import PerPreset, Study, always

FEW_POINTS: tuple[Point, ...] = ((64, 1, 32, 32), (100, 32, 128, 128), (25, 16, 512, 512), (150, 1, 64, 256))
"""Of the grid, one layer of each kind: tiny, middling, large, and a single row."""
LENGTHS = (64, 256, 1024, 4096, 16384)
GROWING: tuple[int, int, int] = (4, 64, 64)
"""(B, I, H) of the layer that is given ever longer sequences, on one thread."""


@dataclass(frozen=True)
class Sizes:
    """Shapes (T, B, I, H) of plain passes, of a profile beside training, of a spectrum (none: empty); and lengths."""

    points: tuple[Point, ...]
    profile: Point
    spectra: tuple[Point, ...]
    lengths: tuple[int, ...]


def cases(sizes: Sizes) -> list[Case]:
    """List all calls of each main cell."""
    threads = all_threads_and_one()
    listed: list[Case] = []
    for cell in PEER_CELLS:
        for point in sizes.points:
            listed += _passes(cell, point, threads)
        listed += [_case(cell, sizes.profile, direction, threads[0]) for direction in ("profile", "training")]
        listed += [_case(cell, point, "spectrum", threads[0], "float64") for point in sizes.spectra]
        for steps, direction in itertools.product(sizes.lengths, ("inference", "training")):
            listed.append(_case(cell, (steps, *GROWING), direction, 1))
    return list(dict.fromkeys(listed))


def _passes(cell: str, point: Point, threads: tuple[int, ...]) -> Iterator[Case]:
    """List inference and training with all threads and with one; and inference in float64, and with states kept."""
    for count, direction in itertools.product(threads, ("inference", "training")):
        yield _case(cell, point, direction, count)
    yield _case(cell, point, "inference", threads[0], "float64")
    yield _case(cell, point, "forward", threads[0])


def _case(cell: str, point: Point, direction: str, threads: int, dtype: str = "float32") -> Case:
    steps, batch, inputs, hidden = point
    return Case(
        study="call-costs",
        cell=cell,
        direction=direction,
        seq_len=steps,
        batch_size=batch,
        input_size=inputs,
        hidden_size=hidden,
        dtype=dtype,
        threads=threads,
    )


STUDY = Study(
    name="call-costs",
    question="What do kept states, double precision, one thread, profiles and long sequences cost?",
    sizes=PerPreset(
        quick=Sizes(points=FEW_POINTS[:1], profile=(100, 4, 32, 32), spectra=(), lengths=LENGTHS[:3]),
        course=Sizes(FEW_POINTS, profile=(500, 16, 128, 128), spectra=((600, 1, 32, 64),), lengths=LENGTHS),
        full=Sizes(POINTS, profile=(500, 16, 128, 128), spectra=((600, 1, 32, 128),), lengths=LENGTHS),
    ),
    cases=cases,
    measure=runtime.measure,
    timed=True,
    blocks=PerPreset(quick=3, course=5, full=9),
    rounds=always(1),  # few: ratios are medians over blocks
    meets=("cell", "batch_size", "input_size", "hidden_size"),
)
