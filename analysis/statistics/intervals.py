"""Intervals: BCa bootstrap over independent units (seeds, blocks), paired ratios, equivalence.

References
----------
.. [1] B. Efron, "Better bootstrap confidence intervals", J. Am. Stat. Assoc. 82 (1987) 171-185.
.. [2] D. J. Schuirmann, "A comparison of the two one-sided tests procedure", J. Pharmacokin. Biopharm. 15 (1987).

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


def bca(
    values: np.ndarray, rng: np.random.Generator, *, centre: str = "median", unit: str = "1", resamples: int = RESAMPLES
) -> Estimate:
    """Centre of `values` with its 95 % bias-corrected and accelerated bootstrap interval [1]_.

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


def paired_difference(
    a: pd.Series, b: pd.Series, rng: np.random.Generator, *, unit: str = "1", centre: str = "mean"
) -> Estimate:
    """Centre of a - b over the units (index: seed) that both have."""
    difference = (a - b).dropna()
    return bca(difference.to_numpy(), rng, centre=centre, unit=unit)


def block_ratios(a: pd.DataFrame, b: pd.DataFrame) -> pd.Series:
    """Ratio of the medians of two contenders in each block: r_j = median(a in block j) / median(b in block j).

    Samples of a block are adjacent in time, so that what slows the machine slows both and cancels.

    Parameters
    ----------
    a, b
        Rows with the columns `block` and `value` (seconds).

    Returns
    -------
    Series
        One ratio per block that holds both; index: block.

    """
    ratio = a.groupby("block")["value"].median() / b.groupby("block")["value"].median()
    return ratio.dropna().rename("value")


def block_medians(rows: pd.DataFrame, groups: list[str]) -> pd.DataFrame:
    """Median of `value` in each block of each group: columns `groups`, `block`, `value`."""
    return rows.groupby([*groups, "block"], sort=True)["value"].median().reset_index()


def ratio_of_levels(medians: pd.DataFrame, column: str, level: str, other: str) -> pd.DataFrame:
    """Ratio of two levels of `column` in each block, everything else being equal: one row per place and block."""
    keys = [name for name in medians.columns if name not in (column, "value")]
    a = medians.loc[medians[column] == level, [*keys, "value"]]
    b = medians.loc[medians[column] == other, [*keys, "value"]]
    pair = a.merge(b, on=keys, suffixes=("", "_other"))
    pair["value"] /= pair.pop("value_other")
    return pair


def paired_ratio(a: pd.DataFrame, b: pd.DataFrame, rng: np.random.Generator) -> Estimate:
    """Median over blocks of the time of `a` over that of `b`, with its interval over blocks.

    The bootstrap runs on log ratios: the interval of b/a is then the reciprocal of that of a/b.
    """
    ratios = block_ratios(a, b)
    return exponential(bca(np.log(ratios.to_numpy()), rng, unit="ratio"))


def exponential(estimate: Estimate) -> Estimate:
    """Take an estimate of a logarithm back: e^x of its three numbers."""
    low = math.exp(estimate.low) if math.isfinite(estimate.low) else 0.0
    high = math.exp(estimate.high) if math.isfinite(estimate.high) else math.inf
    return Estimate(math.exp(estimate.value), low, high, estimate.unit, estimate.n)


def geometric_mean(values: np.ndarray) -> float:
    """Exp of the mean of the logarithms, the mean that ratios have."""
    return float(np.exp(np.mean(np.log(values))))


def equivalent(estimate: Estimate, margin: float, centre: float = 0.0) -> bool:
    """Return whether the interval lies inside centre ± margin: two one-sided tests [2]_, here at 2.5 % each."""
    return centre - margin <= estimate.low and estimate.high <= centre + margin


def overlaps(a: Estimate, b: Estimate) -> bool:
    """Return whether two intervals share a point: a ratio that overlaps the A/A ratio cannot be told from noise."""
    return a.low <= b.high and b.low <= a.high


def quartiles(values: pd.Series) -> tuple[float, float, float]:
    """First quartile, median, third quartile."""
    low, median, high = np.quantile(values.to_numpy(), [0.25, 0.5, 0.75])
    return float(low), float(median), float(high)
