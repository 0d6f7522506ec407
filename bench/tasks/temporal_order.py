"""Two relevant symbols among others; which came, and in which order, is asked for.

Of Hochreiter and Schmidhuber 1997, section 5.6, task 6a. There a sequence has 100 to 110 symbols with one more at the
start and one at the end; the relevant ones stand at a place from 10 to 20 and one from 50 to 60, all else is one of
four other symbols. Here it has as many symbols as it has steps, none marks the start or the end, and the places grow
with the length.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from bench.task import Batch, Make, Task

RELEVANT = 2
"""X and Y, which are symbols 0 and 1."""
OTHERS = 4
SYMBOLS = RELEVANT + OTHERS
PER_LENGTH = 100
"""Places are given per so many steps, as in the paper."""
ONE_HOT = np.eye(SYMBOLS, dtype=np.float32)
LEAST_STEPS = 10

PLACES = ((10, 20), (50, 60))


def bounds(place: tuple[int, int], steps: int) -> tuple[int, int]:
    """Return the first and the last step, from 0 on, at which a relevant symbol stands in a sequence of this length."""
    return place[0] * steps // PER_LENGTH, place[1] * steps // PER_LENGTH


def ordered_symbols(places: Sequence[tuple[int, int]]) -> Make:
    """Make what draws batches with a relevant symbol in each of the places; the class is the number that they spell."""
    worth = RELEVANT ** np.arange(len(places))[::-1]

    def make(rng: np.random.Generator, steps: int, size: int) -> Batch:
        first, last = np.array([bounds(place, steps) for place in places]).T
        symbols = rng.integers(RELEVANT, SYMBOLS, (steps, size), np.int8)
        # A share of the way from the first to the last place: one call for all draws, a fourth of the time of each.
        shares = rng.random((2, len(places), size))
        stands = (first[:, None] + shares[0] * (last - first + 1)[:, None]).astype(np.int64)
        spelled = (shares[1] * RELEVANT).astype(np.int64)
        symbols[stands, np.arange(size)] = spelled
        return Batch(ONE_HOT.take(symbols, axis=0), worth @ spelled)

    return make


TASK = Task(
    name="temporal-order",
    meaning="X or Y early and after the middle, other symbols elsewhere; at the end, which came in which order.",
    source="Hochreiter and Schmidhuber 1997, task 6a, without symbols that mark the start and the end",
    inputs=SYMBOLS,
    outputs=RELEVANT ** len(PLACES),
    make=ordered_symbols(PLACES),
    baseline=lambda steps: len(PLACES) * math.log(RELEVANT),
    chance=lambda steps: RELEVANT ** -len(PLACES),
    least_steps=LEAST_STEPS,
)
