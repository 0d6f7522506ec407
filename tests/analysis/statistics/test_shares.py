"""Shares: Wilson's interval, Newcombe's difference, and what turns an interval into a p-value."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from analysis.statistics.intervals import CONFIDENCE
from analysis.statistics.shares import p_by_inversion, share, share_difference, wilson

TRIALS = 4000


def runs(solved: int, n: int) -> list[int]:
    return [1] * solved + [0] * (n - solved)


@pytest.mark.parametrize(("count", "n"), [(0, 10), (10, 10), (3, 7), (1, 1), (250, 512)])
@pytest.mark.parametrize("confidence", [0.95, 0.999])
def test_wilson_s_interval_is_scipy_s(count: int, n: int, confidence: float) -> None:
    other = stats.binomtest(count, n).proportion_ci(confidence, method="wilson")
    assert wilson(count, n, confidence) == pytest.approx((other.low, other.high), abs=1e-12)


def test_none_of_ten_may_be_a_quarter_and_all_of_ten_three_quarters() -> None:
    assert share(runs(0, 10)).high == pytest.approx(0.28, abs=0.005)
    assert share(runs(10, 10)).low == pytest.approx(0.72, abs=0.005)


def test_newcombe_s_difference_is_his_own_example() -> None:
    found = share_difference(runs(56, 70), runs(48, 80))  # table II (a), method 10
    assert (found.low, found.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_pairs_that_agree_narrow_the_difference() -> None:
    first, second = runs(30, 40), runs(20, 40)
    apart, together = share_difference(first, second), share_difference(first, second, paired=True)
    assert together.high - together.low < apart.high - apart.low


def test_two_runs_decide_nothing() -> None:
    assert (share_difference([1, 1], [0, 0]).low, share_difference([1, 1], [0, 0]).high) == (-1, 1)


def test_a_p_value_and_an_interval_agree() -> None:
    def lower(confidence: float) -> float:
        return share_difference(runs(9, 10), runs(3, 10), confidence).low

    edge = lower(CONFIDENCE)
    assert p_by_inversion(lower, edge) == pytest.approx((1 - CONFIDENCE) / 2, rel=1e-3)
    assert p_by_inversion(lower, edge - 0.1) < (1 - CONFIDENCE) / 2
    assert p_by_inversion(lower, 0.9) == 1.0
    assert p_by_inversion(lower, -np.inf) == 0.0


@pytest.mark.parametrize("wrong", [[], [0.5], [2, 0], [float("nan")]])
def test_what_is_no_share_is_refused(wrong: list[float]) -> None:
    with pytest.raises(ValueError, match="allowed: one or more, each 0 or 1"):
        share(wrong)
    with pytest.raises(ValueError, match="allowed: 0 to n of n"):
        wilson(4, 3)
    with pytest.raises(ValueError, match="allowed: as many on both sides"):
        share_difference([1, 0], [1], paired=True)


@pytest.mark.slow
@pytest.mark.parametrize(("n", "p", "q"), list(itertools.product((5, 10), (0.1, 0.5, 0.95), (0.05, 0.5))))
def test_a_difference_of_shares_is_held_about_as_often_as_it_says(n: int, p: float, q: float) -> None:
    """Newcombe's own evaluation: .95 on average, .87 at worst in small samples."""
    rng = np.random.default_rng(n)
    held = 0
    for _ in range(TRIALS // 4):
        found = share_difference(rng.random(n) < p, rng.random(n) < q)
        held += found.low <= p - q <= found.high
    assert held / (TRIALS // 4) > 0.90


@pytest.mark.slow
@pytest.mark.parametrize("n", [10, 20])
@pytest.mark.parametrize("agree", [0.0, 0.7])
def test_a_difference_of_pairs_is_held_about_as_often_as_it_says(n: int, agree: float) -> None:
    """A share of the settings works or fails for both alike."""
    rng = np.random.default_rng(n)
    held = 0
    for _ in range(TRIALS // 4):
        common, same = rng.random(n), rng.random(n) < agree
        first = np.where(same, common, rng.random(n)) < 0.8
        second = np.where(same, common, rng.random(n)) < 0.5
        found = share_difference(first, second, paired=True)
        held += found.low <= 0.3 <= found.high
    assert held / (TRIALS // 4) > 0.92
