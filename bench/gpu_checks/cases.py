"""Which shapes the timed checks measure, the most telling ones first."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

from bench.case import Case
from bench.studies.gpu_axes import (
    BATCHES,
    CELLS,
    DIRECTIONS,
    HALF_FROM,
    LENGTHS,
    PUBLISHED,
    SHARING_BATCH,
    SHARING_LENGTH,
    SIZES,
    fitting,
    sharing_case,
)
from cells.cuda.device.facts import Facts

Point = tuple[str, str, int, int, int]
"""(cell, direction, T, B, H)."""
FIRST_CELLS = tuple(dict.fromkeys(("lstm", "gru", "rnn", *CELLS)))
"""Every cell, those that others published first."""
FIRST = (1024, 16, 768)  # T, B, H: the shape that FlashRNN and Haste published
THEN = (256, (16, 1, 64), (64, 128, 256, 512, 1024))


@dataclass(frozen=True)
class Sizes:
    """What the timed checks measure: "quick" for minutes, "course" for the whole grid, "toy" for a simulator."""

    first: tuple[int, int, int]
    then: tuple[int, tuple[int, ...], tuple[int, ...]]
    rest: tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]
    published: tuple[tuple[tuple[str, ...], int, int, int], ...]
    half_from: int
    sharing: tuple[int, int, tuple[int, ...]]
    """T, B and every H of the study of sharings."""


COURSE = Sizes(FIRST, THEN, (LENGTHS, BATCHES, SIZES), PUBLISHED, HALF_FROM, (SHARING_LENGTH, SHARING_BATCH, SIZES))
QUICK = replace(COURSE, rest=((), (), ()), sharing=(SHARING_LENGTH, SHARING_BATCH, (128, 512, 32, 256, 1024)))
TOY = Sizes((3, 1, 3), (2, (), ()), ((), (), ()), (), 2, (2, 1, (3,)))
PRESETS = {"toy": TOY, "quick": QUICK, "course": COURSE}


def points(sizes: Sizes) -> list[Point]:
    """List each shape of the grid once: the published one, a cross of batches and hidden sizes, then all the others."""
    length, batches, hiddens = sizes.then
    shapes = [sizes.first, *((length, b, h) for b, h in itertools.product(batches, hiddens))]
    ordered = [(cell, way, *shape) for shape in shapes for cell in FIRST_CELLS for way in reversed(DIRECTIONS)]
    ordered += [(cell, way, t, b, h) for cells, t, b, h in sizes.published for cell in cells for way in DIRECTIONS]
    ordered += [(cell, way, *shape) for shape in itertools.product(*sizes.rest) for cell in CELLS for way in DIRECTIONS]
    return list(dict.fromkeys(ordered))


def grid_case(point: Point, backend: str, dtype: str = "float32") -> Case:
    """Return a contender at a point of the grid."""
    cell, way, t, b, h = point
    shape = Case("gpu", cell, backend, way, seq_len=t, batch_size=b, hidden_size=h, input_size=h)
    return replace(shape, dtype=dtype)


def grid_cases(sizes: Sizes, torch: bool) -> Iterator[tuple[Point, list[Case]]]:
    """Yield every point in float32: this suite twice, and cuDNN where PyTorch carries it."""
    for point in points(sizes):
        backends = ("cuda", "cuda-again", "cudnn") if torch else ("cuda", "cuda-again")
        yield point, [grid_case(point, backend) for backend in backends]


def half_cases(sizes: Sizes, torch: bool) -> Iterator[tuple[Point, list[Case]]]:
    """Yield the points whose layers are large enough to gain by half precision: bfloat16 here, float16 of cuDNN."""
    for point in points(sizes):
        if point[-1] >= sizes.half_from:
            peers = [grid_case(point, "cudnn-fp16", "float16")] if torch else []
            yield point, [grid_case(point, "cuda", "bfloat16"), *peers]


def sharing_cases(sizes: Sizes, facts: Facts) -> Iterator[tuple[Point, list[Case]]]:
    """Yield every sharing that fits, beside the rule's choice, at one length and batch."""
    steps, batch, hiddens = sizes.sharing
    for h, cell, way in itertools.product(hiddens, FIRST_CELLS, DIRECTIONS):
        variants = ("-", *fitting(cell, h, batch, "float32", facts, way))
        yield (cell, way, steps, batch, h), [sharing_case(cell, way, h, variant, steps, batch) for variant in variants]
