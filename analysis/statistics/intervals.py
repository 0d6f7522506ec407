"""Intervals over independent units (seeds, blocks), each by the method that covers at that many units.

A mean: below ten units Student's t, from ten on the bootstrap of the studentised mean. A median: the interpolated
order statistics, which assume nothing of the distribution; below six units they do not reach 95 %, and t about the
centre of the values takes their place. Ratios are taken on the logarithm. `tests/analysis/statistics/test_coverage.py`
measures how often each holds the truth; BCa, which this suite used before, held it in 67 % at three units.

References
----------
.. [1] B. Efron, R. J. Tibshirani, "An introduction to the bootstrap", 1993, section 12.5.
.. [2] T. P. Hettmansperger, S. J. Sheather, "Confidence intervals based on interpolated order statistics",
   Statistics & Probability Letters 4 (1986) 75-79.

"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from analysis.result import Estimate
from bench.names import unknown

CONFIDENCE = 0.95
RESAMPLES = 2000
FEWEST = 3
"""Below this many units no interval is computed: it is the whole line, and decides nothing."""
BOOTSTRAP_FROM = 10
"""From this many units on a mean is bootstrapped."""
ORDER_FROM = 6
"""From this many units on smallest and largest value hold the median in 95 %: 1 - 2 (1/2)^6 = .969."""

SLOPE_MARGIN = 0.01
"""Decades per step: slopes closer than this are equal."""
TIME_MARGIN = 0.05
"""Share of a time: times closer than this are equal."""

CENTRES: dict[str, Callable[..., Any]] = {"mean": np.mean, "median": np.median}


def generator(name: str) -> np.random.Generator:
    """Return the random generator of one figure or claim, so that none depends on what ran before it."""
    return np.random.default_rng(zlib.crc32(name.encode()))


def exact(value: float, unit: str, n: int = 1) -> Estimate:
    """Return a number without sampling error (a count): its interval has no width."""
    return Estimate(float(value), float(value), float(value), unit, n)


def beyond(value: float, unit: str, n: int = 1) -> Estimate:
    """Return a number that is known to be greater than `value`, and no more (a horizon beyond the sequence)."""
    return Estimate(math.inf, float(value), math.inf, unit, n)


def centred(
    values: NDArray[np.floating[Any]],
    rng: np.random.Generator,
    *,
    centre: str = "median",
    unit: str = "1",
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
) -> Estimate:
    """Estimate the centre of `values` with its interval, by the method for that many units (see the module).

    Parameters
    ----------
    values : (n,) array
        One number per independent unit (seed or block), in `unit`. Of a median they may be infinite: a horizon beyond
        the sequence, the logarithm of an exact zero.
    rng
        Source of the resampling.
    centre
        "mean" or "median".
    unit
        Of the values, for the estimate.
    confidence
        Of the interval, two-sided.
    resamples
        Bootstrap samples drawn.

    Returns
    -------
    Estimate
        With an infinite interval where n < 3, and one of no width where all values are equal.

    Raises
    ------
    ValueError
        For an unknown centre, no values, NaN, or a mean of infinite values.

    """
    if centre not in CENTRES:
        raise ValueError(unknown("centre", centre, CENTRES))
    values = np.asarray(values, dtype=float)
    allowed = ~np.isnan(values) if centre == "median" else np.isfinite(values)
    if values.size == 0 or not allowed.all():
        raise ValueError(
            f"a {centre} needs finite numbers; given {values.size} values, {np.sum(~allowed)} of them not allowed"
        )
    value = float(CENTRES[centre](values)) if np.isfinite(values).all() else _middle(values)
    if values.size < FEWEST:
        return Estimate(value, -math.inf, math.inf, unit, values.size)
    if values.min() == values.max() or (np.isfinite(values).all() and np.ptp(values) <= 1e-12 * np.abs(values).max()):
        return Estimate(value, value, value, unit, values.size)
    low, high = _interval(values, rng, centre, confidence, resamples)
    return Estimate(value, min(low, value), max(high, value), unit, values.size)


def _interval(
    values: NDArray[np.floating[Any]], rng: np.random.Generator, centre: str, confidence: float, resamples: int
) -> tuple[float, float]:
    if centre == "median" and values.size >= ORDER_FROM:
        return _order_statistics(values, confidence)
    if not np.isfinite(values).all():  # few units, and one of them beyond every number: no end is known on its side
        finite = values[np.isfinite(values)]
        return (-math.inf if values.min() == -math.inf else float(finite.min())), (
            math.inf if values.max() == math.inf else float(finite.max())
        )
    if centre == "mean" and values.size >= BOOTSTRAP_FROM:
        return _studentised(values, rng, confidence, resamples)
    return _student(values, confidence)


def _middle(values: NDArray[np.floating[Any]]) -> float:
    """Median of values some of which are infinite: between two middle ones of which one is, that one."""
    low, high = np.quantile(values, 0.5, method="lower"), np.quantile(values, 0.5, method="higher")
    if math.isfinite(low) and math.isfinite(high):
        return float((low + high) / 2)
    return float(high if math.isfinite(low) else low)


def _error(values: NDArray[np.floating[Any]]) -> float:
    """Return the standard error of the mean."""
    return float(values.std(ddof=1)) / math.sqrt(values.size)


def _student(values: NDArray[np.floating[Any]], confidence: float) -> tuple[float, float]:
    reach = special.stdtrit(values.size - 1, 0.5 + confidence / 2) * _error(values)
    return float(values.mean() - reach), float(values.mean() + reach)


def _studentised(
    values: NDArray[np.floating[Any]], rng: np.random.Generator, confidence: float, resamples: int
) -> tuple[float, float]:
    """Bootstrap (mean* - mean) / se* and turn its quantiles around the mean [1]_."""
    drawn = rng.choice(values, (resamples, values.size))
    errors = drawn.std(axis=1, ddof=1) / math.sqrt(values.size)
    varied = errors > 1e-12 * np.abs(values).max()
    if varied.mean() < confidence:  # nearly all values are equal: too many resamples have no spread to divide by
        return _student(values, confidence)
    t = (drawn.mean(axis=1)[varied] - values.mean()) / errors[varied]
    low, high = np.quantile(t, [0.5 - confidence / 2, 0.5 + confidence / 2])
    error = _error(values)
    return float(values.mean() - high * error), float(values.mean() - low * error)


def _order_statistics(values: NDArray[np.floating[Any]], confidence: float) -> tuple[float, float]:
    """Interval of the median between the order statistics that hold it just more and just less often [2]_.

    Smallest and largest value, where not even they hold it often enough.
    """
    ordered = np.sort(values)
    n = ordered.size
    places = np.arange(1, n // 2 + 1)  # from the outside: 1 is the smallest and the largest
    held = 1 - 2 * special.bdtr(places - 1, n, 0.5)
    enough = places[held >= confidence]
    if enough.size == 0:
        return float(ordered[0]), float(ordered[-1])
    d = int(enough[-1])
    inner = held[d] if d < held.size else 0.0
    share = (held[d - 1] - confidence) / (held[d - 1] - inner)
    weight = (n - d) * share / (d + (n - 2 * d) * share)
    return _between(ordered[d - 1], ordered[d], weight), _between(ordered[n - d], ordered[n - d - 1], weight)


def _between(outer: float, inner: float, weight: float) -> float:
    """Interpolate; towards an infinite end only the end itself is safe."""
    if outer == inner or not math.isfinite(outer):
        return float(outer)
    return float((1 - weight) * outer + weight * inner) if math.isfinite(inner) else float(outer)


def exponential(estimate: Estimate) -> Estimate:
    """Take an estimate of a logarithm back: e^x of its three numbers."""
    low = math.exp(estimate.low) if math.isfinite(estimate.low) else 0.0
    high = math.exp(estimate.high) if math.isfinite(estimate.high) else math.inf
    return Estimate(math.exp(estimate.value), low, high, estimate.unit, estimate.n)


def known_ends(ratio: Estimate) -> tuple[float, float]:
    """Return the ends of a ratio's interval, to be drawn: NaN where an end is not known (too few blocks)."""
    return ratio.low if ratio.low > 0 else math.nan, ratio.high if math.isfinite(ratio.high) else math.nan


def ratio_between(value: float, low: float, high: float, n: int) -> Estimate:
    """Take a ratio back from the columns of a figure, where NaN stands for an end that is not known."""
    return Estimate(value, 0.0 if math.isnan(low) else low, math.inf if math.isnan(high) else high, "ratio", n)


def mean_over_seeds(values: np.ndarray, rng: np.random.Generator) -> Estimate:
    """Average over seeds, with the interval where there are enough of them for one, else with none."""
    if len(values) < FEWEST:
        return exact(float(np.mean(values)), "1", len(values))
    return centred(values, rng, centre="mean")


def geometric_mean(values: np.ndarray) -> float:
    """Average ratios: e to the mean of their logarithms."""
    return float(np.exp(np.mean(np.log(values))))


def quartiles(values: pd.Series) -> tuple[float, float, float]:
    """Return the first quartile, the median and the third quartile."""
    low, median, high = np.quantile(values.to_numpy(), [0.25, 0.5, 0.75])
    return float(low), float(median), float(high)
