"""Ten symbols to remember over a long silence, and to say again when a mark asks for them.

Of Hochreiter and Schmidhuber 1997 and Arjovsky, Shah and Bengio 2016: ten of eight symbols, then blanks, a mark, ten
blanks; to be answered are blanks all the way up to the mark, then the ten symbols. A sequence of T + 20 steps has them
T steps apart; `steps` is all of it. Who says blanks, then any of the eight, loses ten times ln 8 in T + 20 steps.
Nearly all answers are blanks, so that only the ten symbols are judged.
"""

from __future__ import annotations

import math

import numpy as np

from bench.task import Batch, Task

SYMBOLS = 8
COUNT = 10
BLANK = SYMBOLS
MARK = SYMBOLS + 1
ONE_HOT = np.eye(SYMBOLS + 2, dtype=np.float32)


def remembered(rng: np.random.Generator, steps: int, size: int) -> Batch:
    """Return symbols, blanks and the mark, one-hot, and what is to be answered at every step."""
    symbols = np.full((steps, size), BLANK)
    symbols[:COUNT] = rng.integers(SYMBOLS, size=(COUNT, size))
    symbols[-COUNT - 1] = MARK
    targets = np.full((steps, size), BLANK)
    targets[-COUNT:] = symbols[:COUNT]
    judged = np.zeros((steps, size), bool)
    judged[-COUNT:] = True
    return Batch(ONE_HOT.take(symbols, axis=0), targets, judged=judged)


TASK = Task(
    name="copy-memory",
    meaning="Ten symbols, silence, a mark; after the mark, the ten symbols again.",
    source="Hochreiter and Schmidhuber 1997, as Arjovsky, Shah and Bengio 2016 have it",
    reads="every",
    inputs=SYMBOLS + 2,
    outputs=SYMBOLS + 1,
    make=remembered,
    baseline=lambda steps: COUNT * math.log(SYMBOLS) / steps,
    chance=lambda steps: 1 / SYMBOLS,
    least_steps=2 * COUNT + 1,
)
