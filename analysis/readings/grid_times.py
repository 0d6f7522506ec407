"""Times of the grid of shapes at which all implementations meet: times, operations and the measured peak."""

from __future__ import annotations

import math

import pandas as pd

from analysis.select import measured

STUDY = "grid"
OWN = "cpu"
PEERS = ("torch", "onnxruntime")
POINT = ["seq_len", "batch_size", "input_size", "hidden_size"]


def times(frame: pd.DataFrame) -> pd.DataFrame:
    """Select the rows of elapsed_s, the A/A rows among them."""
    return measured(frame, STUDY, "elapsed_s")


def operations(frame: pd.DataFrame) -> dict[tuple[object, ...], float]:
    """Return the operations of a call by direction, cell and the sizes of `POINT`."""
    rows = measured(frame, STUDY, ["flops_inference", "flops_training"])
    keys = rows[["direction", "name", *POINT]].itertuples(index=False, name=None)
    return dict(zip(keys, rows["value"], strict=True))


def peak_rate(frame: pd.DataFrame, threads: int, dtype: str) -> float:
    """Return the measured multiply-add peak with as many threads, in FLOP/s; NaN where there is none."""
    rates = measured(frame, "peak", "multiply_add_rate")
    keep = (rates["threads"] == threads) & (rates["dtype"] == dtype)
    return float(rates.loc[keep, "value"].max()) if keep.any() else math.nan
