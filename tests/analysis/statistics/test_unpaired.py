"""Two independent samples: what SciPy computes, at many points at once."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from analysis.statistics.unpaired import Moments, difference, moments, two_sided, welch


def test_welch_agrees_with_scipy():
    rng = np.random.default_rng(0)
    a, b = rng.normal(0, 1, 7), rng.normal(1, 3, 12)
    middle, error, freedom = welch(moments(a), moments(b))
    reference = stats.ttest_ind(b, a, equal_var=False)
    assert middle / error == pytest.approx(reference.statistic)
    assert two_sided(middle / error, freedom) == pytest.approx(reference.pvalue)
    estimate = difference(a, b, "decades")
    interval = reference.confidence_interval()
    assert (estimate.low, estimate.high) == pytest.approx((interval.low, interval.high))


def test_points_are_compared_at_once():
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(4, 6)), rng.normal(size=(4, 9))
    both = welch(*(Moments(of.mean(axis=1), of.var(axis=1, ddof=1), of.shape[1]) for of in (a, b)))
    for place in range(4):
        assert [of[place] for of in both] == pytest.approx(
            [float(x) for x in welch(moments(a[place]), moments(b[place]))]
        )


def test_few_values_have_no_interval_and_none_are_refused():
    assert np.isinf(difference([1.0, 2.0], [3.0, 4.0], "1").high)
    with pytest.raises(ValueError, match="a difference of 0 and 1 values; allowed: one or more, all finite"):
        difference([], [1.0], "1")
