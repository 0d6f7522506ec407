"""Paired samples: ratios of two contenders inside a block, and the noise of the measurement.

Samples of a block are adjacent in time, so that what slows the machine slows both contenders and cancels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.result import Estimate, Fact, Number
from analysis.statistics.intervals import centred, exponential, generator


def block_medians(rows: pd.DataFrame, groups: list[str]) -> pd.DataFrame:
    """Take the median of `value` in each block of each group: columns `groups`, `block`, `value`."""
    return rows.groupby([*groups, "block"], sort=True)["value"].median().reset_index()


def block_ratios(a: pd.DataFrame, b: pd.DataFrame) -> pd.Series:
    """Divide the medians of two contenders in each block: r_j = median(a in block j) / median(b in block j).

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


def ratio_of_levels(medians: pd.DataFrame, column: str, level: str, other: str) -> pd.DataFrame:
    """Divide two levels of `column` in each block, everything else being equal: one row per place and block."""
    keys = [name for name in medians.columns if name not in (column, "value")]
    a = medians.loc[medians[column] == level, [*keys, "value"]]
    b = medians.loc[medians[column] == other, [*keys, "value"]]
    pair = a.merge(b, on=keys, suffixes=("", "_other"))
    pair["value"] /= pair.pop("value_other")
    return pair


def paired_ratio(a: pd.DataFrame, b: pd.DataFrame, rng: np.random.Generator) -> Estimate:
    """Estimate the time of `a` over that of `b`: the geometric mean over blocks, with its interval over blocks.

    It is taken on log ratios: the interval of b/a is then the reciprocal of that of a/b.
    """
    ratios = block_ratios(a, b)
    return exponential(centred(np.log(ratios.to_numpy()), rng, centre="mean", unit="ratio"))


def noise(rows: pd.DataFrame, place: Sequence[str], own: str, again: str) -> pd.DataFrame:
    """Estimate at each point the ratio of a kernel to itself: the geometric mean over blocks with its interval.

    Parameters
    ----------
    rows
        Times, with the columns `name`, `place`, `backend`, `block` and `value`, on any device.
    place
        Columns that tell the points of one cell apart.
    own, again
        Backends of the kernel and of the same kernel measured again (the A/A rows).

    Returns
    -------
    DataFrame
        Columns `name`, `place`, `noise`, `noise_low`, `noise_high`; without the points that have no A/A rows, or too
        few blocks for an interval.

    """
    keys = ["name", *place]
    medians = block_medians(rows.loc[rows["backend"].isin([own, again])], [*keys, "backend"])
    ratios = ratio_of_levels(medians, "backend", again, own)
    points = []
    for key, part in ratios.groupby(keys, sort=True):
        ratio = exponential(centred(np.log(part["value"].to_numpy()), generator("noise"), centre="mean", unit="ratio"))
        if math.isfinite(ratio.high):
            points.append((*key, ratio.value, ratio.low, ratio.high))
    return pd.DataFrame(points, columns=[*keys, "noise", "noise_low", "noise_high"])


def with_noise(table: pd.DataFrame, intervals: pd.DataFrame, place: Sequence[str]) -> pd.DataFrame:
    """Give each ratio the A/A interval that it has to leave to be told from noise.

    That is the widest over the cells measured again at the same place; where none was, the widest of the direction.

    Parameters
    ----------
    table
        Ratios, with the columns `place`, one of which is `direction`.
    intervals
        What `noise` gives; where it is empty, the table is returned as it is.
    place
        The columns that `noise` was given.

    """
    if intervals.empty:
        return table
    keys = list(place)
    widest = {"noise_low": ("noise_low", "min"), "noise_high": ("noise_high", "max")}
    table = table.merge(intervals.groupby(keys).agg(**widest).reset_index(), on=keys, how="left")
    fallback = intervals.groupby("direction").agg(**widest)
    for name in widest:
        table[name] = table[name].fillna(table["direction"].map(fallback[name]))
    return table


def noise_facts(table: pd.DataFrame) -> dict[str, Fact]:
    """Return the ends of the widest A/A interval of a table as facts; none where no interval is known."""
    if table.empty or "noise_low" not in table.columns:
        return {}
    return {
        "noise_low": Number(float(table["noise_low"].min()), digits=3),
        "noise_high": Number(float(table["noise_high"].max()), digits=3),
    }


def noise_blocks(rows: pd.DataFrame, own: str, again: str) -> int:
    """Count the blocks in which a kernel was measured against itself."""
    return len(set(rows.loc[rows["backend"] == own, "block"]) & set(rows.loc[rows["backend"] == again, "block"]))
