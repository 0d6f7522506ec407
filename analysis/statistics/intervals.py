"""Bootstrap intervals (BCa) over independent units (seeds, blocks).

References
----------
.. [1] B. Efron, "Better bootstrap confidence intervals", J. Am. Stat. Assoc. 82 (1987) 171-185.

"""

from __future__ import annotations

import math
import warnings
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from analysis.result import Estimate

CONFIDENCE = 0.95
RESAMPLES = 2000
FEWEST = 3
"""Below this many units no interval is computed: it is the whole line, and decides nothing."""

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


def bca(
    values: np.ndarray, rng: np.random.Generator, *, centre: str = "median", unit: str = "1", resamples: int = RESAMPLES
) -> Estimate:
    """Estimate the centre of `values` with its 95 % bias-corrected and accelerated bootstrap interval [1]_.

    Parameters
    ----------
    values : (n,) array
        One number per independent unit (seed or block), in `unit`.
    rng
        Source of the resampling.
    centre
        "mean" or "median".
    unit
        Of the values, for the estimate.
    resamples
        Bootstrap samples drawn.

    Returns
    -------
    Estimate
        With an infinite interval where n < 3, and one of no width where all values are equal.

    """
    if centre not in CENTRES:
        raise ValueError(f"unknown centre {centre!r}; known: {', '.join(CENTRES)}")
    values = np.asarray(values, dtype=float)
    if values.size == 0 or not np.isfinite(values).all():
        raise ValueError(
            f"bca needs finite numbers; given {values.size} values, {np.sum(~np.isfinite(values))} not finite"
        )
    value = float(CENTRES[centre](values))
    if values.size < FEWEST:
        return Estimate(value, -math.inf, math.inf, unit, values.size)
    if np.ptp(values) <= 1e-12 * np.abs(values).max():
        return Estimate(value, value, value, unit, values.size)
    low, high = _interval(values, rng, centre, resamples, "BCa")
    if not (math.isfinite(low) and math.isfinite(high)):
        low, high = _interval(values, rng, centre, resamples, "percentile")
    return Estimate(value, min(low, value), max(high, value), unit, values.size)


def _interval(
    values: np.ndarray, rng: np.random.Generator, centre: str, resamples: int, method: Any
) -> tuple[float, float]:
    with warnings.catch_warnings():
        # where BCa is undefined it gives NaN, and the percentile interval takes its place
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        result = stats.bootstrap(
            (values,),
            CENTRES[centre],
            vectorized=True,
            n_resamples=resamples,
            confidence_level=CONFIDENCE,
            method=method,
            random_state=rng,
        )
    return float(result.confidence_interval.low), float(result.confidence_interval.high)


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
    return bca(values, rng, centre="mean")


def geometric_mean(values: np.ndarray) -> float:
    """Average ratios: e to the mean of their logarithms."""
    return float(np.exp(np.mean(np.log(values))))


def quartiles(values: pd.Series) -> tuple[float, float, float]:
    """Return the first quartile, the median and the third quartile."""
    low, median, high = np.quantile(values.to_numpy(), [0.25, 0.5, 0.75])
    return float(low), float(median), float(high)
