"""Fits: slope10, half-life and horizon of a gradient profile; exponent of a time in a size.

G(k) = ||dL/ds_{T-k}|| / ||dL/ds_T|| with the loss at the last step only, and everything in log10 of it, so that a
gradient of 1e-600 is a number.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from analysis.result import Estimate

CURVE = (
    "name",
    "initialiser",
    "initialiser_value",
    "hidden_size",
    "seq_len",
    "input_size",
    "batch_size",
    "gate_bias",
    "inputs",
    "input_scale",
    "input_seed",
    "seed",
)
"""What names one profile: everything but the lag."""

FIRST_LAG = 10
"""Shorter lags belong to the transient: the loss's direction has not yet turned to the slowest one."""
EPSILONS = (1e-3, 1e-7)
BURN_IN = 300
"""Steps at the start of a sequence whose lags say nothing yet where a network has to reach its attractor first."""


def profiles(rows: pd.DataFrame, *, relative: bool = True) -> pd.DataFrame:
    """Gradient profiles log10 G(k), one row per curve and lag.

    Parameters
    ----------
    rows
        Rows of one metric (`log10_norm_h`, `log10_norm_c` or `log10_forget_path`) with the column `name`.
    relative
        Divide by the value at lag 0, that is subtract its logarithm. Curves without a lag 0 are left out.

    Returns
    -------
    DataFrame
        Columns `CURVE`, `lag` (steps), `log10_g`.

    """
    out = rows.loc[:, [*CURVE, "step", "value"]].rename(columns={"step": "lag", "value": "log10_g"})
    if relative:
        out = relative_to_start(out)
    return out.sort_values([*CURVE, "lag"], ignore_index=True)


def relative_to_start(curves: pd.DataFrame) -> pd.DataFrame:
    """Subtract from each curve its value at lag 0; curves without one are left out."""
    start = curves.loc[curves["lag"] == 0, [*CURVE, "log10_g"]].rename(columns={"log10_g": "start"})
    out = curves.merge(start, on=list(CURVE), how="inner")
    out["log10_g"] -= out.pop("start")
    return out.sort_values([*CURVE, "lag"], ignore_index=True)


def slopes(curves: pd.DataFrame, first_lag: float = FIRST_LAG) -> pd.DataFrame:
    """Least-squares slope of log10 G on lag first_lag <= k < T, per curve.

    slope10 = sum w (k - mean k)(y - mean y) / sum w (k - mean k)^2, in decades per step; λ1 = slope10 · ln 10. Lags
    stand on a grid that widens: each weighs as many lags as it stands for, as if all had been stored.

    Returns
    -------
    DataFrame
        Columns `CURVE`, `slope10`; curves with fewer than 3 such lags are left out, and one that reaches an exact 0
        (minus infinity) has a slope of minus infinity.

    """
    # At lag T stands the start of the sequence: h_0 and c_0 are given, and no path runs from the one to the other.
    late = curves.loc[(curves["lag"] >= first_lag) & (curves["lag"] < curves["seq_len"])]
    late = late.sort_values([*CURVE, "lag"])
    gone = late.loc[late["log10_g"] == -math.inf, list(CURVE)].drop_duplicates()
    late = late.loc[np.isfinite(late["log10_g"].astype(float))]
    lag = late["lag"]
    keys = [late[name] for name in CURVE]
    groups = lag.groupby(keys, sort=True)
    before, after = groups.shift(1), groups.shift(-1)
    w = (after.fillna(lag) - before.fillna(lag)) / 2
    total = w.groupby(keys, sort=True).transform("sum")

    def centred(values: pd.Series) -> pd.Series:
        return values - (w * values).groupby(keys, sort=True).transform("sum") / total

    k, y = centred(lag), centred(late["log10_g"])
    sums = (
        late.assign(ky=w * k * y, kk=w * k * k, points=1).groupby(list(CURVE), sort=True)[["ky", "kk", "points"]].sum()
    )
    sums = sums.loc[sums["points"] >= 3]
    found = (sums["ky"] / sums["kk"]).rename("slope10").reset_index()
    if gone.empty:
        return found
    rest = found.merge(gone, on=list(CURVE), how="left", indicator=True)
    rest = rest.loc[rest.pop("_merge") == "left_only"]
    return pd.concat([rest, gone.assign(slope10=-math.inf)]).sort_values(list(CURVE), ignore_index=True)


def half_life(slope10: float) -> float:
    """Return the steps in which a gradient halves: ln 2 / |λ1|, λ1 = slope10 · ln 10; infinite if it never does."""
    return math.log10(2) / -slope10 if slope10 < 0 else math.inf


def factor(slope10: float) -> float:
    """Factor per step: 10^slope10."""
    return float(10.0**slope10)


def factor_of(slope10: Estimate) -> Estimate:
    """Factor per step of an estimated slope, with its interval."""
    low, high = (factor(end) if math.isfinite(end) else end for end in (slope10.low, slope10.high))
    return Estimate(factor(slope10.value), low, high, "1", slope10.n)


def horizons(curves: pd.DataFrame, epsilon: float) -> pd.DataFrame:
    """Horizon min{k : G(k) < ε} of each curve, a whole number, by linear interpolation of log10 G between lags.

    Returns
    -------
    DataFrame
        Columns `CURVE`, `horizon` (steps), `censored`. A censored horizon was not reached: it is greater than the
        number given, the longest lag of the curve.

    """
    limit = math.log10(epsilon)
    curves = curves.sort_values([*CURVE, "lag"])
    below = curves["log10_g"] < limit
    groups = curves.groupby(list(CURVE), sort=True)
    previous_lag, previous_g = groups["lag"].shift(), groups["log10_g"].shift()
    share = (previous_g - limit) / (previous_g - curves["log10_g"])
    crossing = (previous_lag + share * (curves["lag"] - previous_lag)).where(below)
    crossing = np.floor(crossing.astype(float) + 1e-9) + 1  # the first whole lag below the limit, not at it
    first = crossing.groupby([curves[name] for name in CURVE], sort=True).first()
    longest = groups["lag"].max()
    out = pd.DataFrame({"horizon": first.astype(float).fillna(longest.astype(float)), "censored": first.isna()})
    return out.reset_index()


def exponents(rows: pd.DataFrame, size: str) -> pd.DataFrame:
    """Exponent p of time ~ size^p, one per block: least squares of log time on log size, on the block's medians.

    Parameters
    ----------
    rows
        One sweep over `size` of one contender: columns `size`, `block`, `value` (seconds).
    size
        Column that varies: one of `analysis.select.SIZES`.

    Returns
    -------
    DataFrame
        Columns `block`, `exponent`; blocks with fewer than 2 levels of the size are left out.

    """
    medians = rows.groupby(["block", size])["value"].median().reset_index()
    found = []
    for block, part in medians.groupby("block"):
        if part[size].nunique() >= 2:
            slope = np.polyfit(np.log(part[size].to_numpy(float)), np.log(part["value"].to_numpy(float)), 1)[0]
            found.append((block, float(slope)))
    return pd.DataFrame(found, columns=["block", "exponent"])
