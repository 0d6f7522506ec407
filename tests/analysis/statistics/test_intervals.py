"""Intervals cover the truth, and say nothing where nothing is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.result import Estimate
from analysis.statistics import intervals as statistics


@pytest.mark.parametrize("count", [1, 2])
def test_too_few_units_have_an_infinite_interval(count: int) -> None:
    estimate = statistics.centred(np.arange(count, dtype=float), np.random.default_rng(0))
    assert (estimate.low, estimate.high) == (-math.inf, math.inf)


def test_equal_values_have_an_interval_without_width() -> None:
    estimate = statistics.centred(np.full(9, 0.3), np.random.default_rng(0))
    assert estimate.low == estimate.value == estimate.high


def test_values_that_are_not_finite_are_refused() -> None:
    with pytest.raises(ValueError, match="1 of them not allowed"):
        statistics.centred(np.array([1.0, math.nan, 2.0]), np.random.default_rng(0))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=12), st.sampled_from(["mean", "median"]))
def test_the_interval_holds_the_value(values: list[float], centre: str) -> None:
    estimate = statistics.centred(np.array(values), np.random.default_rng(0), centre=centre, resamples=200)
    assert estimate.low <= estimate.value <= estimate.high
    wider = statistics.centred(
        np.array(values), np.random.default_rng(0), centre=centre, resamples=200, confidence=0.99
    )
    assert wider.low <= estimate.low + 1e-9
    assert wider.high >= estimate.high - 1e-9


def test_few_units_have_student_s_interval() -> None:
    estimate = statistics.centred(np.array([1.0, 2.0, 3.0, 6.0]), np.random.default_rng(0), centre="mean")
    assert (estimate.low, estimate.high) == pytest.approx((-0.4374, 6.4374), abs=1e-4)  # 3 -+ 3.1824 x 1.0801


def test_a_median_lies_between_order_statistics() -> None:
    values = np.arange(1.0, 9.0)
    estimate = statistics.centred(values, np.random.default_rng(0))
    # smallest and largest of eight hold the median in .9922, their neighbours in .9297
    share = (0.9921875 - 0.95) / (0.9921875 - 0.9296875)
    weight = 7 * share / (1 + 6 * share)
    assert (estimate.low, estimate.high) == pytest.approx((1 + weight, 8 - weight))


def test_an_infinite_value_is_the_worst_one_and_not_a_missing_one() -> None:
    values = np.array([-math.inf, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    estimate = statistics.centred(values, np.random.default_rng(0))
    assert estimate.value == 3.0
    assert estimate.low == -math.inf
    assert math.isfinite(estimate.high)
    few = statistics.centred(np.array([1.0, 2.0, math.inf]), np.random.default_rng(0))
    assert (few.value, few.low, few.high) == (2.0, 1.0, math.inf)
    with pytest.raises(ValueError, match="1 of them not allowed"):
        statistics.centred(values, np.random.default_rng(0), centre="mean")


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
