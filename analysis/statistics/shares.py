"""Shares of units that did something (solved a task): intervals of one share and of the difference of two.

Few units, and often none or all of them: the usual p ± 2 √(p (1 − p) / n) has no width there. Wilson's interval does
not take the estimate for the truth, and Newcombe's difference is made of two of them.

References
----------
.. [1] E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the American
   Statistical Association 22 (1927) 209-212.
.. [2] R. G. Newcombe, "Interval estimation for the difference between independent proportions: comparison of eleven
   methods", Statistics in Medicine 17 (1998) 873-890, method 10.
.. [3] R. G. Newcombe, "Improved confidence intervals for the difference between binomial proportions based on paired
   data", Statistics in Medicine 17 (1998) 2635-2650, method 10.

"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis.result import Estimate
from analysis.statistics.intervals import CONFIDENCE, FEWEST

HALVINGS = 16
"""Steps of the search for a p-value: it is found to 8e-6, below what a correction for many levels asks for."""


def wilson(count: int, n: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return Wilson's score interval of the share count / n [1]_.

    Raises
    ------
    ValueError
        Where n is below 1, or the count is not among 0 to n.

    """
    if n < 1 or not 0 <= count <= n:
        raise ValueError(f"a share of {count} of {n}; allowed: 0 to n of n, 1 or more")
    z2 = float(special.ndtri(0.5 + confidence / 2)) ** 2
    p = count / n
    middle = p + z2 / (2 * n)
    reach = math.sqrt(z2 * (p * (1 - p) + z2 / (4 * n)) / n)
    low, high = (middle - reach) / (1 + z2 / n), (middle + reach) / (1 + z2 / n)
    return (0.0 if count == 0 else low), (1.0 if count == n else high)


def share(happened: ArrayLike, confidence: float = CONFIDENCE) -> Estimate:
    """Estimate the share of units at which something happened, with Wilson's interval.

    Parameters
    ----------
    happened : (n,) array
        1 or 0 for each unit.
    confidence
        Of the interval, two-sided.

    """
    values = _binary(happened)
    low, high = wilson(int(values.sum()), values.size, confidence)
    return Estimate(float(values.mean()), low, high, "1", values.size)


def share_difference(
    first: ArrayLike, second: ArrayLike, confidence: float = CONFIDENCE, *, paired: bool = False
) -> Estimate:
    """Estimate the share of `first` minus that of `second`, with Newcombe's interval [2]_.

    Parameters
    ----------
    first, second : (n,) and (m,) arrays
        1 or 0 for each unit.
    confidence
        Of the interval, two-sided.
    paired
        Whether the units are the same, in the same order: their correlation then narrows (or widens) the interval
        [3]_.

    Returns
    -------
    Estimate
        With the whole range, −1 to 1, where a side has fewer than three units.

    """
    a, b = _binary(first), _binary(second)
    if paired and a.size != b.size:
        raise ValueError(f"pairs of {a.size} and {b.size} units; allowed: as many on both sides")
    p, q, n = float(a.mean()), float(b.mean()), min(a.size, b.size)
    if n < FEWEST:
        return Estimate(p - q, -1.0, 1.0, "1", n)
    low_a, high_a = wilson(int(a.sum()), a.size, confidence)
    low_b, high_b = wilson(int(b.sum()), b.size, confidence)
    together = _correlation(a, b) if paired else 0.0
    below = _reach(p - low_a, high_b - q, together)
    above = _reach(high_a - p, q - low_b, together)
    return Estimate(p - q, max(p - q - below, -1.0), min(p - q + above, 1.0), "1", n)


def p_by_inversion(lower_end: Callable[[float], float], edge: float) -> float:
    """Return the one-sided p-value of "the truth is `edge` or less": the smallest at which the interval excludes it.

    Parameters
    ----------
    lower_end
        Confidence, two-sided, to the lower end of the interval; the surer, the lower.
    edge
        What is to be excluded.

    """
    if math.isinf(edge) and edge < 0:
        return 0.0
    if not lower_end(0.0) > edge:
        return 1.0
    least, most = 0.0, 1.0  # alpha, two-sided: excluded at `most`
    for _ in range(HALVINGS):
        middle = (least + most) / 2
        least, most = (least, middle) if lower_end(1 - middle) > edge else (middle, most)
    return most / 2


def _binary(values: ArrayLike) -> np.ndarray:
    taken = np.asarray(values, dtype=float)
    if taken.size == 0 or not np.isin(taken, (0.0, 1.0)).all():
        raise ValueError(f"a share of {taken.size} values; allowed: one or more, each 0 or 1")
    return taken


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Return phi of a table of pairs; 0 where a side does not vary. Newcombe shrinks a positive one."""
    both, first = float((a * b).sum()), float((a * (1 - b)).sum())
    second, neither = float(((1 - a) * b).sum()), float(((1 - a) * (1 - b)).sum())
    margins = (both + first) * (second + neither) * (both + second) * (first + neither)
    if margins == 0:
        return 0.0
    cross = both * neither - first * second
    if cross > 0:
        cross = max(cross - a.size / 2, 0.0)
    return cross / math.sqrt(margins)


def _reach(first: float, second: float, together: float) -> float:
    return math.sqrt(max(first**2 - 2 * together * first * second + second**2, 0.0))
