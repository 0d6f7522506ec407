"""Two independent samples: the difference of their means by Welch's t, of many points at once.

References
----------
.. [1] B. L. Welch, "The generalization of 'Student's' problem when several different population variances are
   involved", Biometrika 34 (1947) 28-35.

"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.result import Estimate
from analysis.statistics.intervals import CONFIDENCE, FEWEST

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Moments:
    """Mean, variance of a value (n - 1 in its denominator) and number of values, each one number or one per point."""

    mean: Any
    variance: Any
    n: Any


def moments(values: ArrayLike) -> Moments:
    """Return the moments of one sample of finite values."""
    taken = np.asarray(values, dtype=float)
    return Moments(taken.mean(), taken.var(ddof=1) if taken.size > 1 else math.nan, taken.size)


def welch(a: Moments, b: Moments) -> tuple[Array, Array, Array]:
    """Return difference b - a, its standard error and its degrees of freedom (Welch and Satterthwaite) [1]_.

    NaN where a sample has fewer than two values; no degrees of freedom, NaN, where neither sample varies.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        parts = np.asarray(a.variance / a.n, dtype=float), np.asarray(b.variance / b.n, dtype=float)
        total = parts[0] + parts[1]
        freedom = total**2 / (parts[0] ** 2 / (a.n - 1) + parts[1] ** 2 / (b.n - 1))
    return np.asarray(b.mean - a.mean, dtype=float), np.sqrt(total), np.asarray(freedom, dtype=float)


def two_sided(t: ArrayLike, freedom: ArrayLike) -> Array:
    """Return the two-sided p-value of Student's t."""
    found: Array = 2 * special.stdtr(np.asarray(freedom, dtype=float), -np.abs(np.asarray(t, dtype=float)))
    return found


def difference(a: ArrayLike, b: ArrayLike, unit: str, confidence: float = CONFIDENCE) -> Estimate:
    """Estimate mean b - mean a with Welch's interval; the whole line below `FEWEST` values on either side.

    Raises
    ------
    ValueError
        Where a sample is empty or not finite.

    """
    first, second = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if not (first.size and second.size and np.isfinite(first).all() and np.isfinite(second).all()):
        raise ValueError(f"a difference of {first.size} and {second.size} values; allowed: one or more, all finite")
    middle, error, freedom = (float(x) for x in welch(moments(first), moments(second)))
    n = min(first.size, second.size)
    if n < FEWEST:
        return Estimate(middle, -math.inf, math.inf, unit, n)
    reach = float(special.stdtrit(freedom, 0.5 + confidence / 2)) * error if error > 0 else 0.0
    return Estimate(middle, middle - reach, middle + reach, unit, n)
