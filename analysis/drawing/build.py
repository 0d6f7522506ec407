"""What every figure is made with: its data in canonical form, their hash, and the facts it may be quoted with."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.cells import known
from analysis.result import Fact, Figure
from analysis.statistics.intervals import centred

DIGITS = 9
"""Significant digits of the plotted data: enough for any reader, few enough to be the same on every machine."""

BAND = (0.025, 0.975)
"""Quantiles over seeds between which 95 % of them lie."""


def make(
    figure_id: str, data: pd.DataFrame, studies: tuple[str, ...], facts: Mapping[str, Fact], seeds: int = 0
) -> Figure:
    """Build the figure of a tidy frame. `rows_sha` is 12 hex digits of the sha256 of its canonical CSV."""
    data = canonical(data)
    text = data.to_csv(index=False, lineterminator="\n")
    return Figure(
        id=figure_id,
        data=data,
        rows_sha=hashlib.sha256(text.encode()).hexdigest()[:12],
        studies=studies,
        seeds=seeds,
        facts=dict(facts),
        cells=known(),
    )


def canonical(data: pd.DataFrame) -> pd.DataFrame:
    """Round the floats to `DIGITS` significant digits and number the rows from 0."""
    data = data.reset_index(drop=True).copy()
    for name in data.select_dtypes("float").columns:
        data[name] = [float(f"{value:.{DIGITS}g}") for value in data[name]]
    return data


def over_seeds(curves: pd.DataFrame, groups: list[str], value: str) -> pd.DataFrame:
    """Median over seeds with the band that holds 95 % of them: columns `median`, `low`, `high`, `seeds`."""
    grouped = curves.groupby(groups, sort=False)[value]
    out = grouped.agg(median="median", seeds="count")
    out["low"] = grouped.quantile(BAND[0])
    out["high"] = grouped.quantile(BAND[1])
    return out.reset_index()


def interval_over_seeds(values: pd.DataFrame, groups: list[str], value: str, rng: np.random.Generator) -> pd.DataFrame:
    """Mean over seeds with its interval: columns `value`, `low`, `high`, `n`."""
    rows = []
    for key, part in values.groupby(groups, sort=False):
        estimate = centred(part[value].to_numpy(), rng, centre="mean")
        rows.append((*key, estimate.value, estimate.low, estimate.high, estimate.n))
    return pd.DataFrame(rows, columns=[*groups, "value", "low", "high", "n"])
