"""Numbers, two of which are marked; their sum is asked for.

Of Hochreiter and Schmidhuber 1997, in the form of Arjovsky, Shah and Bengio 2016: numbers from U(0, 1), one mark in
each half. Who says 1 whatever was read has the variance of the sum as error, 1/6, and is off by less than t with
probability 2 t - t^2: 7.84 % of the time by less than 0.04, the error that the work of 1997 allowed.
"""

from __future__ import annotations

import numpy as np

from bench.task import Batch, Task


def marked_numbers(rng: np.random.Generator, steps: int, size: int) -> Batch:
    """Return numbers (channel 0), marks (channel 1: two ones, zeros elsewhere), and the sums of the marked."""
    x = np.zeros((steps, size, 2), np.float32)
    x[..., 0] = rng.random((steps, size), np.float32)
    rows = np.arange(size)
    first = rng.integers(steps // 2, size=size)
    second = rng.integers(steps // 2, steps, size)
    x[first, rows, 1] = 1
    x[second, rows, 1] = 1
    return Batch(x, (x[first, rows, 0] + x[second, rows, 0])[:, None])


TASK = Task(
    name="adding",
    meaning="Numbers between 0 and 1, one marked in each half of the sequence; at the end, the sum of the marked two.",
    source="Hochreiter and Schmidhuber 1997, as Arjovsky, Shah and Bengio 2016 have it",
    loss="squared-error",
    inputs=2,
    outputs=1,
    make=marked_numbers,
    baseline=lambda steps: 1 / 6,
    least_steps=2,
)
