"""The measured peak of the processor: multiply-adds per second, counted as operations."""

from __future__ import annotations

import math

import pandas as pd

from analysis.select import measured


def peak_rate(frame: pd.DataFrame, threads: int, dtype: str) -> float:
    """Return the measured multiply-add peak with as many threads, in FLOP/s; NaN where there is none."""
    rates = measured(frame, "peak", "multiply_add_rate")
    keep = (rates["threads"] == threads) & (rates["dtype"] == dtype)
    return float(rates.loc[keep, "value"].max()) if keep.any() else math.nan
