"""Sunspots of 22 years, which is two cycles of the sun; their number in the next year is asked for.

Yearly means from 1700 to 2008 (SIDC, Brussels), as statsmodels has them. The parts follow one another in time, by the
year that is asked for: training up to 1899, validation up to 1949, then test; nothing that is learned from is later
than what is tested. All numbers are normalised with mean and standard deviation of the years up to 1899. A seed decides
which windows are in a training set that is smaller than all. The guess that does not look is the best one in hindsight,
the mean of the test part.
"""

from __future__ import annotations

import functools

import numpy as np

from bench.data_set import STATSMODELS, check_train_size, permutation, some_of
from bench.task import Batch, Split, Task

NAME = "sunspots"
FIRST_YEAR = 1700
WINDOW = 22
VALIDATION_FROM = 1900
TEST_FROM = 1950
MOST = VALIDATION_FROM - FIRST_YEAR - WINDOW


@functools.cache
def windows() -> Split:
    """Return all windows of each part, in the order of time."""
    data = STATSMODELS.load(NAME, "statsmodels.datasets.sunspots").load_pandas().data
    numbers = data["SUNACTIVITY"].to_numpy(np.float64)
    known = numbers[: VALIDATION_FROM - FIRST_YEAR]
    numbers = ((numbers - known.mean()) / known.std()).astype(np.float32)
    seen = np.lib.stride_tricks.sliding_window_view(numbers[:-1], WINDOW).T[..., None].copy()
    everything = Batch(seen, numbers[WINDOW:, None].copy())
    validation, test = (year - FIRST_YEAR - WINDOW for year in (VALIDATION_FROM, TEST_FROM))
    parts = (slice(0, validation), slice(validation, test), slice(test, None))
    return Split(*(everything.rows(part, every=False) for part in parts))


def split(train_size: int, seed: int) -> Split:
    """Return the parts, with so many of the windows to train on."""
    check_train_size(NAME, train_size, MOST)
    everything = windows()
    chosen = permutation(MOST, seed)[:train_size]
    return everything._replace(train=everything.train.rows(chosen, every=False))


def make(rng: np.random.Generator, steps: int, size: int) -> Batch:
    """Draw windows to train on."""
    return some_of(windows().train, rng, size)


TASK = Task(
    name=NAME,
    meaning="The numbers of sunspots of 22 years, one after another; at the end, that of the next year.",
    source="SIDC, Royal Observatory of Belgium, as statsmodels has it",
    loss="squared-error",
    inputs=1,
    outputs=1,
    make=make,
    test_set=lambda rng, steps: windows().test,
    data_set=split,
    most=MOST,
    lacking=functools.partial(STATSMODELS.lacking, NAME),
    baseline=lambda steps: float(windows().test.targets.astype(np.float64).var()),
    only_steps=WINDOW,
)
