"""Times of the same amount of work in longer sequences, over the time in the shortest; beside a convolution."""

from __future__ import annotations

import pandas as pd

from analysis.select import measured
from analysis.statistics.paired import block_medians

CONTROL = "convolution"
"""What has no steps to wait for."""


def stretch(frame: pd.DataFrame) -> pd.DataFrame:
    """Time at each length over the time at the shortest, in each block: columns as the rows', and `shortest`."""
    rows = measured(frame, "parallel", "elapsed_s")
    medians = block_medians(rows, ["backend", "name", "seq_len"])
    if medians.empty:
        return medians
    shortest = medians["seq_len"].min()
    base = medians.loc[medians["seq_len"] == shortest, ["backend", "name", "block", "value"]]
    table = medians.merge(base, on=["backend", "name", "block"], suffixes=("", "_base"))
    table["value"] /= table.pop("value_base")
    return table.assign(shortest=shortest)
