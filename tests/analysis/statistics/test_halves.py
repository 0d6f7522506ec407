"""The longest length that half of the networks solve: what the runs leave open stays open."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analysis.statistics.halves import Halving, half_ratio, halving
from analysis.statistics.intervals import CONFIDENCE

LENGTHS = (10, 20, 40, 100)


def of(*solved: int, runs: int = 10) -> Halving:
    """So many of the runs at 10, 20, 40 and 100 steps."""
    lengths = np.repeat(LENGTHS[: len(solved)], runs)
    return halving(lengths, np.concatenate([[1] * count + [0] * (runs - count) for count in solved]))


def test_between_all_and_none_every_length_fits_alike() -> None:
    found = of(10, 10, 0, 0).estimate()
    assert (found.low, found.high, found.unit, found.n) == (20, 39, "steps", 10)
    assert found.value == 28  # the middle, on the logarithm


def test_fewer_runs_say_less() -> None:
    assert of(1, 1, 0, 0, runs=1).estimate().high > 40
    assert of(1, 1, 0, 0, runs=1).estimate().low < 20


def test_a_length_that_half_solve_is_the_answer() -> None:
    found = of(10, 10, 5, 0).estimate()
    assert found.low < 40 < found.high
    assert found.value == pytest.approx(40, abs=1)


def test_nothing_is_said_beyond_the_longest_length() -> None:
    found = of(10, 10, 10, 10).estimate()
    assert (found.value, found.low, found.high) == (math.inf, 100, math.inf)
    tailing = of(10, 8, 7, 6).estimate()
    assert (tailing.value, tailing.high) == (math.inf, math.inf)
    assert 20 < tailing.low < 100


def test_nor_below_the_shortest() -> None:
    found = of(0, 0, 0).estimate()
    assert (found.value, found.low, found.high) == (0, 0, 9)


def test_one_length_says_only_whether_it_is_reached() -> None:
    reached, missed = of(10).estimate(), of(0).estimate()
    assert (reached.low, reached.high) == (10, math.inf)
    assert (missed.low, missed.high) == (0, 9)
    assert (of(5).estimate().low, of(5).estimate().high) == (0, math.inf)


@pytest.mark.parametrize(
    ("own", "other", "low", "high"),
    [
        ((10, 10, 0, 0), (10, 10, 0, 0), 20 / 39, 39 / 20),
        ((10, 10, 10, 10), (10, 10, 0, 0), 100 / 39, math.inf),
        ((10, 10, 0, 0), (10, 10, 10, 10), 0.0, 39 / 100),
        ((10, 10, 10, 10), (0, 0, 0, 0), 100 / 9, math.inf),
        ((0, 0, 0, 0), (0, 0, 0, 0), 0.0, math.inf),
        ((10, 10, 10, 10), (10, 10, 10, 10), 0.0, math.inf),
    ],
)
def test_a_ratio_has_the_ends_that_both_lengths_leave(
    own: tuple[int, ...], other: tuple[int, ...], low: float, high: float
) -> None:
    found = half_ratio(of(*own), of(*other)).estimate()
    assert (found.low, found.high) == pytest.approx((low, high))
    assert found.low <= found.value <= found.high


def test_p_values_and_the_interval_agree() -> None:
    ratio = half_ratio(of(10, 10, 8, 2), of(10, 7, 1, 0))
    found = ratio.estimate()
    beside = 1e-9
    assert ratio.p_above(found.low - beside) < 0.025 < ratio.p_above(found.low + beside)
    assert ratio.p_below(found.high + beside) < 0.025 < ratio.p_below(found.high - beside)
    assert (ratio.p_above(-math.inf), ratio.p_below(math.inf), ratio.p_above(found.value)) == (0.0, 0.0, 1.0)


def test_ten_runs_are_surer_than_five() -> None:
    def ratio(runs: int) -> float:
        return half_ratio(of(*[runs] * 4, runs=runs), of(runs, runs, 0, 0, runs=runs)).p_above(2.0)

    assert ratio(10) < 1e-5 < ratio(5) < 0.01


def test_what_is_no_run_is_refused() -> None:
    with pytest.raises(ValueError, match="allowed: as many, 1 or more"):
        halving([], [])
    with pytest.raises(ValueError, match="whole steps, 1 or more"):
        halving([10.5], [1])
    with pytest.raises(ValueError, match="0 or 1 for each run"):
        halving([10], [0.5])


def simulated(rng: np.random.Generator, runs: int, steepness: float, middle: float) -> Halving:
    lengths = np.repeat(LENGTHS, runs)
    return halving(lengths, rng.random(lengths.size) < 1 / (1 + np.exp(steepness * np.log(lengths / middle))))


@pytest.mark.slow
@pytest.mark.parametrize("runs", [5, 10])
@pytest.mark.parametrize("steepness", [3.0, 6.0, 20.0])
@pytest.mark.parametrize("middle", [15.3, 28.3, 60.3])
def test_the_interval_holds_the_length_as_often_as_it_says(runs: int, steepness: float, middle: float) -> None:
    """Or more often, where the curve is steep; at least as often within chance where it is gentle."""
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(500):
        low, high = simulated(rng, runs, steepness, middle).interval(CONFIDENCE)
        held += low <= math.floor(middle) <= high
    assert held / 500 > 0.91


@pytest.mark.slow
@pytest.mark.parametrize("runs", [5, 10])
def test_the_ratio_holds_its_truth_at_least_as_often_as_it_says(runs: int) -> None:
    rng = np.random.default_rng(2)
    held = 0
    for _ in range(500):
        found = half_ratio(simulated(rng, runs, 5.0, 60.3), simulated(rng, runs, 5.0, 20.3)).estimate()
        held += found.low <= 60 / 20 <= found.high
    assert held / 500 > 0.93
