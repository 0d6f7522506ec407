"""What the tasks on data share: packages that bring it, three parts by a seed, training sets inside larger ones."""

from __future__ import annotations

import importlib
import importlib.util
from types import ModuleType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.task import Batch, Split

SPLIT = 2
"""Tells the numbers that split a data set from those that draw parameters and mini-batches with the same seed."""

EXTRA = 'pip install "recurbench[data]"'


class Source(NamedTuple):
    """A package that brings a data set: what it is imported as, what it is called, and how it is had."""

    module: str
    package: str
    command: str = EXTRA

    def lacking(self, name: str) -> str | None:
        """Say what task `name` lacks on this machine and how to get it; None where the package is there."""
        if importlib.util.find_spec(self.module) is not None:
            return None
        return f"task {name} has its data from {self.package}, which is not installed; allowed: after {self.command}"

    def check(self, name: str) -> None:
        """Raise ModuleNotFoundError, with the command that helps, where the package is missing."""
        lacking = self.lacking(name)
        if lacking:
            raise ModuleNotFoundError(lacking, name=self.module)

    def load(self, name: str, module: str) -> ModuleType:
        """Import a module of the package."""
        self.check(name)
        return importlib.import_module(module)


SCIKIT_LEARN = Source("sklearn", "scikit-learn")
STATSMODELS = Source("statsmodels", "statsmodels")
# Its requirements exclude the numba of this suite; its files need nothing.
AEON = Source("aeon", "aeon", "pip install --no-deps aeon==1.6.0")


def permutation(count: int, seed: int) -> NDArray[np.int64]:
    """Return 0 .. count - 1 in an order that the seed decides."""
    return np.random.default_rng([seed, SPLIT]).permutation(count)


def check_train_size(name: str, train_size: int, most: int) -> None:
    """Raise ValueError for a training set that is empty, or larger than what there is to train on."""
    if train_size != int(train_size) or not 1 <= train_size <= most:
        raise ValueError(f"task {name}: train_size is {train_size:g}; allowed: whole numbers from 1 to {most}")


def split_three(name: str, all_there_is: Batch, validation: int, test: int, train_size: int, seed: int) -> Split:
    """Split sequences that answer at their end: test first, then validation, then `train_size` of what is left.

    With the same seed a larger training set has all of a smaller one, and the other parts are the same.
    """
    order = permutation(all_there_is.size, seed)
    check_train_size(name, train_size, len(order) - validation - test)
    ends = np.cumsum((test, validation, train_size))
    parts = np.split(order[: ends[-1]], ends[:-1])
    of_test, of_validation, of_train = (all_there_is.rows(part, every=False) for part in parts)
    return Split(of_train, of_validation, of_test)


def some_of(batch: Batch, rng: np.random.Generator, size: int) -> Batch:
    """Return some sequences that answer at their end, drawn with replacement."""
    return batch.rows(rng.integers(batch.size, size=size), every=False)


def class_shares(targets: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how often each class occurs, over all."""
    shares: NDArray[np.float64] = np.bincount(targets) / len(targets)
    return shares


def entropy(shares: NDArray[np.float64]) -> float:
    """Return the entropy of shares, none of them 0, in nats: the least loss of one guess for all."""
    return float(-(shares * np.log(shares)).sum())
