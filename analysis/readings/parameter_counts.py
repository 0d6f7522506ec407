"""Counts of each cell at each size: parameters, gates, affine maps, bytes."""

from __future__ import annotations

import pandas as pd

from analysis.select import measured

SHAPE = ("input_size", "hidden_size")


def counts(frame: pd.DataFrame) -> pd.DataFrame:
    """Take the counts of "parameters": one row per `name`, input_size and hidden_size, one column per metric."""
    rows = measured(frame, "parameters")
    if rows.empty:
        return pd.DataFrame(columns=["name", *SHAPE])
    wide = rows.pivot_table(index=["name", *SHAPE], columns="metric", values="value", aggfunc="first")
    return wide.reset_index()
