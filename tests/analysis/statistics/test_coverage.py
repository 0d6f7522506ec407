"""How often an interval holds the truth: the one thing that an interval promises.

The standard error of a share of 4000 is .35 points, so that two points are well outside chance.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from analysis.statistics.intervals import CONFIDENCE, centred

TRIALS = 4000
POINTS = 0.02
UNITS = (3, 5, 8, 20)
RESAMPLES = 600
"""Fewer than for a page: a test draws thousands of samples."""

Draw = Callable[[np.random.Generator, int], np.ndarray]


def normal(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.normal(2.0, 1.0, n)


def gamma(rng: np.random.Generator, n: int) -> np.ndarray:
    """A skewness of 1."""
    return rng.gamma(4.0, 1.0, n)


def exponential(rng: np.random.Generator, n: int) -> np.ndarray:
    """A skewness of 2."""
    return rng.exponential(1.0, n)


def log_of_ratio(rng: np.random.Generator, n: int) -> np.ndarray:
    """Ratios are skewed, and taken on the logarithm: two log-normal times with a spread of a half."""
    return np.log(np.exp(rng.normal(0.3, 0.5, n)) / np.exp(rng.normal(0.0, 0.5, n)))


MEANS = {normal: 2.0, gamma: 4.0, exponential: 1.0, log_of_ratio: 0.3}
MEDIANS = {normal: 2.0, gamma: stats.gamma.median(4.0), exponential: math.log(2), log_of_ratio: 0.3}


def coverage(draw: Draw, centre: str, truth: float, n: int) -> float:
    rng = np.random.default_rng(n)
    hits = 0
    for _ in range(TRIALS):
        estimate = centred(draw(rng, n), rng, centre=centre, resamples=RESAMPLES)
        hits += estimate.low <= truth <= estimate.high
    return hits / TRIALS


@pytest.mark.slow
@pytest.mark.parametrize(
    ("draw", "n"), [(draw, n) for draw in MEDIANS for n in UNITS if (draw, n) != (exponential, 3)], ids=str
)
def test_the_interval_of_a_median_holds_it_as_often_as_it_says(draw: Draw, n: int) -> None:
    assert coverage(draw, "median", MEDIANS[draw], n) == pytest.approx(CONFIDENCE, abs=POINTS)


@pytest.mark.slow
@pytest.mark.parametrize("n", UNITS)
@pytest.mark.parametrize("draw", [normal, log_of_ratio], ids=lambda draw: draw.__name__)
def test_the_interval_of_a_mean_holds_it_as_often_as_it_says(draw: Draw, n: int) -> None:
    assert coverage(draw, "mean", MEANS[draw], n) == pytest.approx(CONFIDENCE, abs=POINTS)


@pytest.mark.slow
@pytest.mark.parametrize("draw", [gamma, exponential], ids=lambda draw: draw.__name__)
def test_skewed_values_are_covered_from_twenty_units_on(draw: Draw) -> None:
    assert coverage(draw, "mean", MEANS[draw], 20) == pytest.approx(CONFIDENCE, abs=POINTS)


@pytest.mark.slow
@pytest.mark.parametrize("n", [3, 5, 8])
def test_the_mean_of_few_skewed_values_falls_short_by_as_much_as_the_page_says(n: int) -> None:
    assert 0.91 <= coverage(gamma, "mean", MEANS[gamma], n) <= 0.945


@pytest.mark.slow
def test_so_does_the_median_of_three_very_skewed_values() -> None:
    assert 0.91 <= coverage(exponential, "median", MEDIANS[exponential], 3) <= 0.945
