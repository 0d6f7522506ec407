"""Numbers of which two are marked, in sequences of different lengths; their scaled sum is asked for.

Of Hochreiter and Schmidhuber 1997, section 5.4, as it stands there. A sequence called T has from T to T + T/10 pairs of
a number from U(-1, 1) and a mark. One of the first ten pairs is marked, then one of the first T/2 - 1 that are not
yet; their marks are 1, those of the first and the last pair -1, all others 0. Where the first pair is one of the two,
its number is set to 0 (and its mark is 1). The answer is 1/2 + (X1 + X2)/4, which varies by half of what a sum of
U(0, 1) does, so that a squared error counts as solved at a fourth of what it may be there.

The first pair is the first marked with probability 1/10, and the second marked with 9/10 over T/2 - 1, so that of the
two numbers 2 minus the sum of these count on average. Each has a variance of 1/3, and 1/16 of it is in the answer.
"""

from __future__ import annotations

import numpy as np

from bench.task import SOLVED_MSE, Batch, Task

FIRST_AMONG = 10
LEAST_STEPS = 2 * FIRST_AMONG + 2
"""So that the second mark has at least as many places as the first."""


def scaled_sum(rng: np.random.Generator, steps: int, size: int) -> Batch:
    """Return numbers (channel 0), marks (channel 1) and 1/2 plus a fourth of the sum of the numbers marked by 1."""
    longest = steps + steps // 10
    rows = np.arange(size)
    lengths = rng.integers(steps, longest + 1, size)
    x = np.zeros((longest, size, 2), np.float32)
    x[..., 0] = rng.uniform(-1, 1, (longest, size))
    x[np.arange(longest)[:, None] >= lengths] = 0
    first = rng.integers(FIRST_AMONG, size=size)
    second = rng.integers(steps // 2 - 1, size=size)
    second += second >= first  # one of those that are left
    x[0, (first == 0) | (second == 0), 0] = 0
    x[0, :, 1] = -1
    x[lengths - 1, rows, 1] = -1
    x[first, rows, 1] = 1
    x[second, rows, 1] = 1
    answers = 0.5 + (x[first, rows, 0] + x[second, rows, 0]) / 4
    return Batch(x, answers[:, None], lengths)


def variance(steps: int) -> float:
    """Return the variance of the answers."""
    count = 2 - (1 / FIRST_AMONG + (1 - 1 / FIRST_AMONG) / (steps // 2 - 1))
    return count / 3 / 16


TASK = Task(
    name="adding-variable",
    meaning="Numbers, two of them marked, in sequences of T to 1.1 T steps; at the end, the scaled sum of the two.",
    source="Hochreiter and Schmidhuber 1997, section 5.4",
    loss="squared-error",
    inputs=2,
    outputs=1,
    make=scaled_sum,
    baseline=variance,
    least_steps=LEAST_STEPS,
    solved_mse=SOLVED_MSE / 4,
)
