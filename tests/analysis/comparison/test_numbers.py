"""Computed numbers of two runs: the same seeds give the same numbers; other seeds the same distribution."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analysis.comparison import compare
from tests.analysis.comparison.simulated import run_of_numbers, side

STEPS = 6


def drawn(rng, seeds, shift=0.0, draw=None):
    draw = draw or (lambda: rng.normal(0, 1))
    return {seed: [draw() - step + shift for step in range(STEPS)] for seed in seeds}


def only(a, b, **settings):
    comparison = compare(side(run_of_numbers(a, **settings)), side(run_of_numbers(b, **settings), "B"))
    return comparison.numbers[0], comparison


def test_rounding_is_no_difference():
    a = drawn(np.random.default_rng(0), range(5))
    b = {seed: [value + 1e-12 for value in values] for seed, values in a.items()}
    numbers, comparison = only(a, b)
    assert (numbers.outcome, numbers.paired, numbers.beyond) == ("same", 5 * STEPS, 0)
    assert numbers.largest == pytest.approx(1e-12, rel=1e-3)
    assert not comparison.changed


def test_one_other_number_is_counted_and_named():
    a = drawn(np.random.default_rng(0), range(5))
    b = {seed: list(values) for seed, values in a.items()}
    b[3][2] += 0.5
    numbers, _ = only(a, b)
    assert (numbers.beyond, numbers.largest) == (1, pytest.approx(0.5))
    assert dict(numbers.where) == {"step": 2.0, "seed": 3.0}
    assert numbers.outcome == "not told apart"  # one seed of five


def test_a_shift_of_all_seeds_is_found_by_pairs():
    rng = np.random.default_rng(1)
    a = drawn(rng, range(8))
    b = {seed: [value + 0.1 + rng.normal(0, 0.01) for value in values] for seed, values in a.items()}
    numbers, comparison = only(a, b)
    assert (numbers.outcome, numbers.apart) == ("different", STEPS)
    assert numbers.difference.low < 0.1 < numbers.difference.high
    assert comparison.changed


def test_other_seeds_compare_by_their_distribution():
    rng = np.random.default_rng(2)
    alike, _ = only(drawn(rng, range(20)), drawn(rng, range(1000, 1020)))
    assert (alike.outcome, alike.paired, alike.seeds) == ("not told apart", 0, (20, 20))
    assert alike.difference.low < 0 < alike.difference.high
    shifted, _ = only(drawn(rng, range(20)), drawn(rng, range(1000, 1020), shift=2.0))
    assert (shifted.outcome, shifted.apart) == ("different", STEPS)
    assert shifted.difference.low < 2 < shifted.difference.high


def test_gradients_of_exactly_zero_compare_by_ranks():
    rng = np.random.default_rng(3)
    b = drawn(rng, range(1000, 1020))
    for values in b.values():
        values[-1] = -math.inf
    numbers, _ = only(drawn(rng, range(20)), b)
    assert numbers.apart == 1
    assert dict(numbers.furthest_at) == {"step": STEPS - 1.0}
    assert numbers.furthest is None  # an infinite difference has no interval


def test_few_seeds_say_so():
    rng = np.random.default_rng(4)
    numbers, comparison = only(drawn(rng, [0]), drawn(rng, [1000]))
    assert (numbers.outcome, numbers.tests) == ("too few", 0)
    assert not comparison.changed
    numbers, comparison = only(drawn(rng, [0]), drawn(rng, [0]))
    assert numbers.outcome == "other numbers"  # the same seed should have given the same ones
    assert comparison.changed


def test_a_count_is_exact():
    numbers, comparison = only({0: [10.0]}, {0: [11.0]}, metric="parameters_single", unit="count")
    assert (numbers.beyond, numbers.apart, numbers.outcome) == (1, 1, "different")
    assert comparison.changed
    assert only({0: [10.0]}, {7: [10.0]}, metric="parameters_single", unit="count")[0].outcome == "not told apart"


def test_what_one_side_has_alone_is_counted():
    rng = np.random.default_rng(5)
    a = drawn(rng, range(5))
    _, comparison = only(a, {seed: a[seed][:4] for seed in range(4)})
    (coverage,) = comparison.coverage
    assert (coverage.both, coverage.only_a, coverage.only_b) == (16, 10, 0)  # two steps of five seeds
    assert coverage.other_seeds == (4, 0)  # four steps of the fifth seed


def test_runs_without_a_common_case_are_refused():
    a, b = run_of_numbers({0: [1.0]}), run_of_numbers({0: [1.0]}, "log10_norm_c")
    with pytest.raises(ValueError, match=r"no case in common: A has gradients; B has gradients; measure the same"):
        compare(side(a), side(b, "B"))
    with pytest.raises(ValueError, match="run B has no rows"):
        compare(side(a), side(b.iloc[:0], "B"))


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [(20, 20), (5, 20), (4, 4)], ids=str)
@pytest.mark.parametrize("skewed", [False, True])
def test_nineteen_of_twenty_null_comparisons_find_nothing(seeds, skewed):
    """Steps of one seed share most of their spread, as lags of one profile do."""
    changed = []
    for trial in range(100):
        rng = np.random.default_rng(trial)
        runs = []
        for first, count in zip((0, 1000), seeds, strict=True):
            common = {seed: rng.exponential() if skewed else rng.normal() for seed in range(first, first + count)}
            runs.append({seed: [c + rng.normal(0, 0.3) for _ in range(30)] for seed, c in common.items()})
        changed.append(only(*runs)[1].changed)
    assert np.mean(changed) <= 0.05 + 0.045
