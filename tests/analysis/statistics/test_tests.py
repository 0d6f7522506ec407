"""One-sided tests against an edge, and the correction for many of them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analysis.statistics.tests import decision, holm, p_above, p_below


def test_a_centre_on_the_edge_is_called_decided_as_often_as_the_level_says() -> None:
    rng = np.random.default_rng(0)
    p = [p_above(rng.normal(0.0, 1.0, 5), 0.0) for _ in range(3000)]
    assert np.mean(np.array(p) <= 0.025) == pytest.approx(0.025, abs=0.01)


def test_both_sides_are_mirror_images() -> None:
    values = np.array([0.1, 0.4, 0.3, 0.9])
    assert p_above(values, 0.2) == p_below(-values, -0.2)
    assert p_above(values, 0.2) + p_below(values, 0.2) == pytest.approx(1)


def test_an_open_edge_is_always_passed() -> None:
    assert (p_above([1.0], -math.inf), p_above([1.0], math.inf)) == (0.0, 1.0)


def test_infinite_values_are_counted_by_their_side() -> None:
    assert p_above([math.inf] * 9, 3.0) == pytest.approx(0.5**9)
    assert p_above([math.inf] * 5 + [-math.inf] * 5, 3.0) > 0.5


@pytest.mark.parametrize(("value", "expected"), [(1.0, 0.0), (-1.0, 1.0), (0.0, 1.0)])
def test_equal_values_decide_at_once(value: float, expected: float) -> None:
    assert p_above([value] * 4, 0.0) == expected


def test_two_values_decide_nothing() -> None:
    assert p_above([5.0, 5.0], 0.0) == 1.0


def test_holm_rejects_from_the_smallest_on_and_stops_at_the_first_that_stays() -> None:
    assert holm([0.001, 0.02, 0.012, 0.5]).tolist() == [True, False, False, False]
    assert holm([0.001, 0.02, 0.008, 0.5], level=0.025).tolist() == [True, False, True, False]
    assert holm([0.001, 0.0124, 0.008, 0.5], level=0.025).tolist() == [True, True, True, False]
    assert holm([]).tolist() == []


def test_the_likelier_side_is_named_with_its_p_value() -> None:
    assert decision(0.2, 0.01) == ("refuted", 0.01)
    assert decision(0.01, 0.2) == ("supported", 0.01)
