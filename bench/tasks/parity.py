"""Bits at every step; whether an odd number of them is set is asked for, which no gradient tells.

A negative control: two states of one unit have the answer for any length, and yet training hardly finds them. All bits
but one say nothing of the answer, so that the gradient is nearly the same whatever the answer is to be (Shalev-Shwartz,
Shamir and Shammah 2017). A cell that solves it in long sequences has had luck, or the test is wrong.
"""

from __future__ import annotations

import math

import numpy as np

from bench.task import Batch, Task


def bits(rng: np.random.Generator, steps: int, size: int) -> Batch:
    """Return bits as -1 and 1, and whether an odd number of them is 1."""
    drawn = rng.integers(2, size=(steps, size))
    return Batch((2 * drawn - 1).astype(np.float32)[..., None], drawn.sum(axis=0) % 2)


TASK = Task(
    name="parity",
    meaning="A bit at every step; at the end, whether the number of ones is odd.",
    source="Minsky and Papert 1969; why training fails: Shalev-Shwartz, Shamir and Shammah 2017",
    inputs=1,
    outputs=2,
    make=bits,
    baseline=lambda steps: math.log(2),
    chance=lambda steps: 1 / 2,
)
