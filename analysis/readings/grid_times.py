"""Times of the grid of shapes at which all implementations meet: times and operations."""

from __future__ import annotations

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
