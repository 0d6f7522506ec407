"""Strings a^n b^n; the next symbol is asked for, which at the end takes a count.

Of Gers and Schmidhuber 2001. A string of `steps` at most is a mark, n times a, n times b, with n from 1 on, each as
often as any other; to be said after every symbol is the next one, and the mark again after the last b. Up to the last a
nobody can know what is next. From the first b on everybody who counted can: those answers are judged, and a string is
right where all are, as the paper accepts it. The test set is every string once.

Whether the count goes on beyond the lengths of training is asked by a test set of longer strings: `TASK.test` with,
say, twice the steps.

A guess that knows the step, but not the symbols, can have n = 1 right, whose last symbol is judged at step 2; then
n = 2, judged at steps 3 and 4; then n = 4, judged from step 5 to step 8; then n = 8, and so on.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bench.task import Batch, Task

MARK, A, B = range(3)
ONE_HOT = np.eye(3, dtype=np.float32)
LEAST_STEPS = 7
"""With n up to 3: up to 2 every string could be right without a look at it."""


def largest_count(steps: int) -> int:
    """Return the largest n of strings with `steps` symbols at most, the mark among them."""
    return (steps - 1) // 2


def strings(counts: NDArray[np.int64], steps: int) -> Batch:
    """Return the strings with these n, padded to `steps`."""
    step = np.arange(steps + 1)[:, None]
    symbols = np.where(step <= counts, A, np.where(step <= 2 * counts, B, MARK))
    symbols[0] = MARK
    known = (step > counts) & (step <= 2 * counts)
    x = ONE_HOT.take(symbols[:-1], axis=0)
    lengths = 2 * counts + 1
    x[step[:-1] >= lengths] = 0
    return Batch(x, symbols[1:], lengths, judged=known[:-1])


def drawn(rng: np.random.Generator, steps: int, size: int) -> Batch:
    """Return strings of random n."""
    return strings(rng.integers(1, largest_count(steps) + 1, size), steps)


def every_string(rng: np.random.Generator, steps: int) -> Batch:
    """Return every string once, whatever the generator."""
    return strings(np.arange(1, largest_count(steps) + 1), steps)


def baseline(steps: int) -> float:
    """Return the entropy of the next symbol for who knows the step alone: mean over steps of all strings, in nats."""
    largest = largest_count(steps)
    step = np.arange(2 * largest + 1)
    a = np.maximum(largest - step, 0)
    b = np.maximum(np.minimum(step, largest) - step // 2, 0)
    mark = (step > 0) & (step % 2 == 0)
    counts = np.stack((a, b, mark)).astype(np.float64)
    strings_left = counts.sum(axis=0)
    shares = counts / strings_left
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    return float(-(counts * logs).sum() / strings_left.sum())


def chance(steps: int) -> float:
    """Return the share of strings that such a guess can have right: n = 1, 2, 4, 8 and so on."""
    largest = largest_count(steps)
    return largest.bit_length() / largest


TASK = Task(
    name="counting",
    meaning="Strings of n times a, then n times b; at every step the next symbol, and so the end after as many b as a.",
    source="Gers and Schmidhuber 2001",
    reads="every",
    inputs=3,
    outputs=3,
    make=drawn,
    test_set=every_string,
    baseline=baseline,
    chance=chance,
    least_steps=LEAST_STEPS,
    whole=True,
)
