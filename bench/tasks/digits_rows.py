"""Digits written by hand, of 8 x 8 pixels, a row at each step; which digit it is, is asked for.

The test set of the UCI's "Optical Recognition of Handwritten Digits" (Alpaydin and Kaynak 1998), 1797 pictures with
values from 0 to 16, as scikit-learn has it; divided by 16 here. The parts are drawn by a seed. The guess that does not
look is the best one in hindsight, for all pictures.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from bench.data_set import SCIKIT_LEARN, class_shares, entropy, some_of, split_three
from bench.task import Batch, Split, Task

SIDE = 8
PIXELS = SIDE * SIDE
CLASSES = 10
COUNT = 1797
LARGEST = 16
VALIDATION = 197
TEST = 400
MOST = COUNT - VALIDATION - TEST
SOURCE = "Alpaydin and Kaynak 1998, as scikit-learn has it"


@functools.cache
def pictures(name: str, channels: int) -> Batch:
    """Return all pictures as sequences of steps with so many pixels each."""
    loaded = SCIKIT_LEARN.load(name, "sklearn.datasets").load_digits()
    x = (loaded.images / LARGEST).astype(np.float32).reshape(COUNT, PIXELS // channels, channels)
    return Batch(np.ascontiguousarray(x.transpose(1, 0, 2)), loaded.target.astype(np.int64))


def of_pictures(name: str, channels: int) -> dict[str, Any]:
    """Return what tasks on these pictures have in common, as settings of a task."""

    def split(train_size: int, seed: int) -> Split:
        return split_three(name, pictures(name, channels), VALIDATION, TEST, train_size, seed)

    def make(rng: np.random.Generator, steps: int, size: int) -> Batch:
        return some_of(split(MOST, 0).train, rng, size)

    def of_shares(number: Callable[[Any], float]) -> Callable[[int], float]:
        return lambda steps: float(number(class_shares(pictures(name, channels).targets)))

    return {
        "name": name,
        "source": SOURCE,
        "inputs": channels,
        "outputs": CLASSES,
        "make": make,
        "test_set": lambda rng, steps: split(MOST, 0).test,
        "data_set": split,
        "most": MOST,
        "lacking": functools.partial(SCIKIT_LEARN.lacking, name),
        "baseline": of_shares(entropy),
        "chance": of_shares(np.max),
        "only_steps": PIXELS // channels,
    }


TASK = Task(
    meaning="A digit written by hand, a row of pixels at each step; at the end, which digit it is.",
    **of_pictures("digits-rows", SIDE),
)
