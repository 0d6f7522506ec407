"""Noise; an input of some steps ago, or of some steps ahead, is asked for at every step.

y_t = x_(t + offset) with x from N(0, 1): no step tells anything of another, so that whoever has not read the input in
question can only say 0, and errs by 1 on average. With an offset below 0 the past has the answer; with one above 0 only
a network that reads backwards too can have it.
"""

from __future__ import annotations

import numpy as np

from bench.task import Batch, Make, Task


def _shifted(offset: int) -> Make:
    ahead, ago = max(offset, 0), max(-offset, 0)

    def make(rng: np.random.Generator, steps: int, size: int) -> Batch:
        x = rng.standard_normal((steps, size, 1), np.float32)
        targets = np.zeros_like(x)
        targets[ago : steps - ahead] = x[ahead : steps - ago]
        weights = np.zeros((steps, size), np.float32)
        weights[ago : steps - ahead] = 1  # elsewhere there is no such input
        return Batch(x, targets, weights=weights)

    return make


def with_offset(offset: int) -> Task:
    """Return the task with so many steps from an output to its input; below 0 that is the past."""
    return Task(
        name="shifted-input",
        meaning="Noise at every step; at every step the input of some steps ago, or of some steps ahead.",
        source="this suite",
        reads="every",
        loss="squared-error",
        inputs=1,
        outputs=1,
        make=_shifted(offset),
        baseline=lambda steps: 1.0,
        least_steps=abs(offset) + 1,
        with_offset=with_offset,
    )


TASK = with_offset(0)
