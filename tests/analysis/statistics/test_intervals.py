"""Intervals cover the truth, and say nothing where nothing is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.result import Estimate
from analysis.statistics import intervals as statistics


def test_bca_interval_covers_the_mean_of_skewed_data() -> None:
    rng = np.random.default_rng(1)
    truth, trials = 1.0, 200
    hits = 0
    for _ in range(trials):
        estimate = statistics.bca(rng.gamma(2.0, 0.5, size=20), rng, centre="mean", resamples=600)
        hits += estimate.low <= truth <= estimate.high
    assert 0.88 <= hits / trials <= 0.99


def test_bca_interval_covers_the_median() -> None:
    rng = np.random.default_rng(2)
    hits = sum(
        (estimate := statistics.bca(rng.normal(3.0, 1.0, size=15), rng, resamples=600)).low <= 3.0 <= estimate.high
        for _ in range(150)
    )
    assert hits / 150 >= 0.87


@pytest.mark.parametrize("count", [1, 2])
def test_too_few_units_have_an_infinite_interval(count: int) -> None:
    estimate = statistics.bca(np.arange(count, dtype=float), np.random.default_rng(0))
    assert (estimate.low, estimate.high) == (-math.inf, math.inf)


def test_equal_values_have_an_interval_without_width() -> None:
    estimate = statistics.bca(np.full(9, 0.3), np.random.default_rng(0))
    assert estimate.low == estimate.value == estimate.high


def test_values_that_are_not_finite_are_refused() -> None:
    with pytest.raises(ValueError, match="1 not finite"):
        statistics.bca(np.array([1.0, math.nan, 2.0]), np.random.default_rng(0))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=12), st.sampled_from(["mean", "median"]))
def test_the_interval_holds_the_value_and_stays_inside_the_data(values: list[float], centre: str) -> None:
    estimate = statistics.bca(np.array(values), np.random.default_rng(0), centre=centre, resamples=200)
    assert estimate.low <= estimate.value <= estimate.high
    assert min(values) - 1e-9 <= estimate.low
    assert estimate.high <= max(values) + 1e-9


def test_the_geometric_mean_of_a_ratio_and_its_inverse_is_one() -> None:
    assert statistics.geometric_mean(np.array([4.0, 0.25])) == pytest.approx(1.0)


def test_a_ratio_comes_back_from_what_is_drawn_of_it() -> None:
    for ratio in (Estimate(2.0, 1.5, 3.0, "ratio", 9), Estimate(2.0, 0.0, math.inf, "ratio", 2)):
        low, high = statistics.known_ends(ratio)
        assert math.isnan(low) == math.isnan(high) == (ratio.n == 2)
        assert statistics.ratio_between(ratio.value, low, high, ratio.n) == ratio


def test_the_mean_over_few_seeds_has_no_interval() -> None:
    assert statistics.mean_over_seeds(np.array([1.0, 3.0]), np.random.default_rng(0)) == Estimate(2.0, 2.0, 2.0, "1", 2)
    many = statistics.mean_over_seeds(np.array([1.0, 2.0, 4.0, 5.0]), np.random.default_rng(0))
    assert many.low < many.value == 3.0 < many.high
