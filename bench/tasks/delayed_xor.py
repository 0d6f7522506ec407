"""Two bits at the first two steps, then nothing; their exclusive or is asked for.

There are four sequences of each length, so that the batch is all of them, and the test set too: no noise of sampling,
and an accuracy of 1/2, 3/4 or 1. A network that has learned all but the exclusive or, such as an "or", is right in
three of four: training stays there for long, which is no chance level.
"""

from __future__ import annotations

import math

import numpy as np

from bench.task import Batch, Task

BITS = np.array([[-1, -1, 1, 1], [-1, 1, -1, 1]], np.float32)
"""(2, 4): both bits of the four sequences. They are -1 and 1, since 0 is what is fed when there is no bit."""


def all_four(rng: np.random.Generator, steps: int, size: int = len(BITS[0])) -> Batch:
    """Return the four sequences, whatever the generator."""
    x = np.zeros((steps, size, 1), np.float32)
    x[:2, :, 0] = BITS
    return Batch(x, (BITS[0] != BITS[1]).astype(np.int64))


TASK = Task(
    name="delayed-xor",
    meaning="Two bits at the first two steps, then zeros; at the end, whether the bits differ.",
    source="the exclusive or of Rumelhart, Hinton and Williams 1986, delayed",
    inputs=1,
    outputs=2,
    make=all_four,
    test_set=all_four,
    baseline=lambda steps: math.log(2),
    chance=lambda steps: 1 / 2,
    plateau=3 / 4,
    batch=4,
    only_batch=True,
    least_steps=2,
)
