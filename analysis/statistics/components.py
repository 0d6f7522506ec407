"""Two sources of spread told apart: between groups (networks) and within them (inputs of a network).

One-way layout with random effects, y_ij = mean + a_i + e_ij: the mean squares between and within groups are the usual
ones, and the variance of a is their difference over the group size, so that what the e_ij add to the spread of group
means is taken out. Intervals are exact for normal e (chi-squared), and those of Williams [1]_ for the variance of a: at
least as wide as they say, nearly exact where either source is the larger by far.

References
----------
.. [1] J. S. Williams, "A confidence interval for variance components", Biometrika 49 (1962) 278-281.

"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from analysis.result import Estimate
from analysis.statistics.intervals import CONFIDENCE


def standard_deviations(values: NDArray[np.float64], unit: str) -> tuple[Estimate, Estimate]:
    """Estimate the standard deviation between groups and within them, each with its interval.

    Parameters
    ----------
    values : (groups, members) array
        One number per member, in `unit`.
    unit
        Of the values, for the estimates.

    Returns
    -------
    tuple
        Between groups, with what is within taken out, 0 where nothing is left; and within. `n` counts the groups.

    Raises
    ------
    ValueError
        Where there are fewer than two groups or members, or a value is not finite.

    """
    values = np.asarray(values, dtype=float)
    if values.ndim != 2 or min(values.shape) < 2 or not np.isfinite(values).all():
        raise ValueError(f"values of shape {values.shape} were given; allowed: at least (2, 2), all of them finite")
    groups, members = values.shape
    means = values.mean(axis=1)
    between_df, within_df = groups - 1, groups * (members - 1)
    within = float(((values - means[:, None]) ** 2).sum()) / within_df
    between = members * float(((means - means.mean()) ** 2).sum()) / between_df
    tail = (1 - CONFIDENCE) / 2

    def root(variance: float) -> float:
        return math.sqrt(max(0.0, variance))

    def own(quantile: float) -> float:
        """Bound of the variance of a: F says how much of the mean square is not within, chi-squared how sure it is."""
        left = between - within * stats.f.ppf(quantile, between_df, within_df)
        return root(left * between_df / (members * stats.chi2.ppf(quantile, between_df)))

    middle = root((between - within) / members)
    low, high = (root(within * within_df / stats.chi2.ppf(quantile, within_df)) for quantile in (1 - tail, tail))
    return (
        Estimate(middle, min(own(1 - tail), middle), max(own(tail), middle), unit, groups),
        Estimate(root(within), low, high, unit, groups),
    )
