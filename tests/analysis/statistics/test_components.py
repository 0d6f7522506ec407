"""Two sources of spread are told apart, and their intervals cover what rows were made with."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.statistics.components import standard_deviations


def layout(between: float, within: float, groups: int, members: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return between * rng.standard_normal((groups, 1)) + within * rng.standard_normal((groups, members))


def test_both_sources_are_found_again() -> None:
    between, within = standard_deviations(layout(2.0, 0.5, groups=2000, members=8), "steps")
    assert between.value == pytest.approx(2.0, rel=0.05)
    assert within.value == pytest.approx(0.5, rel=0.02)
    assert (between.unit, between.n, within.n) == ("steps", 2000, 2000)


def test_what_is_within_is_taken_out_of_what_is_between() -> None:
    table = layout(0.3, 3.0, groups=4000, members=4)
    between, _ = standard_deviations(table, "1")
    assert table.mean(axis=1).std() > 1.4
    assert between.value == pytest.approx(0.3, abs=0.15)


@pytest.mark.parametrize(("between", "within"), [(1.0, 0.05), (1.0, 1.0), (0.3, 1.0)])
def test_the_intervals_cover_the_truth_as_often_as_they_say(between: float, within: float) -> None:
    found = [standard_deviations(layout(between, within, 8, 4, seed), "1") for seed in range(400)]
    for place, truth in enumerate((between, within)):
        inside = np.mean([pair[place].low <= truth <= pair[place].high for pair in found])
        assert 0.92 <= inside <= 0.985  # 0.95 with a standard error of 0.011


def test_where_groups_do_not_differ_nothing_is_left_of_them() -> None:
    table = np.array([[1.0, 2.0, 3.0], [3.0, 1.0, 2.5]])
    between, within = standard_deviations(table, "1")
    assert (between.value, between.low) == (0.0, 0.0)
    assert between.high > 0
    assert within.value == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("table", [np.zeros((1, 3)), np.zeros((3, 1)), np.zeros(4), np.full((2, 2), np.nan)])
def test_too_little_or_what_is_no_number_is_refused(table: np.ndarray) -> None:
    with pytest.raises(ValueError, match="allowed: at least"):
        standard_deviations(table, "1")
