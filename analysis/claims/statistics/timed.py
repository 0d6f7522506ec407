"""Statistics of claims about time: ratio of two contenders in the same block, beside the noise of the A/A rows."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from analysis.claims.rule import Statistic
from analysis.claims.samples import Samples
from analysis.select import AGAIN, measured
from analysis.show import show, show_number
from analysis.statistics.intervals import bca, block_medians, exponential, generator, ratio_of_levels
from analysis.theory.closed_forms import flop_ratio

POINT = ("direction", "seq_len", "hidden_size", "batch_size")
PLACE = (*POINT, "input_size", "dtype", "threads")


def elapsed(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of elapsed_s, with the column `name`."""
    return measured(frame, "runtime", "elapsed_s")


def noise(rows: pd.DataFrame) -> pd.DataFrame:
    """A/A interval at each point: the same kernel against itself, median over blocks of the paired ratio.

    Returns
    -------
    DataFrame
        Columns `name`, `PLACE`, `noise`, `noise_low`, `noise_high`; empty without rows of the backend
        "cpu-again", and without the points that have too few blocks for an interval.

    """
    medians = block_medians(rows.loc[rows["backend"].isin(["cpu", AGAIN])], ["name", *PLACE, "backend"])
    ratios = ratio_of_levels(medians, "backend", AGAIN, "cpu")
    found = []
    for key, part in ratios.groupby(["name", *PLACE], sort=True):
        ratio = exponential(bca(np.log(part["value"].to_numpy()), generator("noise"), unit="ratio"))
        if math.isfinite(ratio.high):
            found.append((*key, ratio.value, ratio.low, ratio.high))
    return pd.DataFrame(found, columns=["name", *PLACE, "noise", "noise_low", "noise_high"])


def with_noise(table: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Give each ratio the A/A interval that it has to leave to be told from noise.

    That is the widest over the cells measured again at the same point; where none was, the widest of the direction.

    Parameters
    ----------
    table
        Ratios, with the columns `PLACE`.
    found
        What `noise` gives.

    """
    widest = {"noise_low": ("noise_low", "min"), "noise_high": ("noise_high", "max")}
    if found.empty:
        return table
    table = table.merge(found.groupby(list(PLACE)).agg(**widest).reset_index(), on=list(PLACE), how="left")
    fallback = found.groupby("direction").agg(**widest)
    for name in widest:
        table[name] = table[name].fillna(table["direction"].map(fallback[name]))
    return table


def time_ratio(name: str, other: str) -> Statistic:
    """Time of one cell over that of another in the same block: per backend, direction and shape."""

    def statistic(frame: pd.DataFrame) -> Samples | None:
        rows = elapsed(frame)
        medians = block_medians(rows.loc[rows["backend"] != AGAIN], ["backend", *PLACE, "name"])
        table = ratio_of_levels(medians, "name", name, other).rename(columns={"block": "sample"})
        if table.empty:
            return None
        band = noise(rows)
        table = with_noise(table, band)
        facts = {}
        if not band.empty:
            facts = {"noise_low": show_number(float(band["noise_low"].min()), digits=3)}
            facts["noise_high"] = show_number(float(band["noise_high"].max()), digits=3)
        samples = Samples(table, ("backend", *POINT), "ratio", scale="ratio", facts=facts)
        for (backend, direction), part in table.groupby(["backend", "direction"], sort=False):
            key = f"{backend}_{direction}".replace("-", "_")
            facts[key] = show(samples.estimate(generator(key), part))
        if "bilstm" not in (name, other):
            facts["flop_ratio"] = show_number(flop_ratio(name, other))
        return Samples(table, samples.variables, samples.unit, scale="ratio", facts=facts)

    return statistic
