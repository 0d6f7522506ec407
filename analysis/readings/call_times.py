"""Times of a call on the CPU: the samples of every implementation, and what fixes the place of one."""

from __future__ import annotations

import pandas as pd

from analysis.select import measured
from analysis.statistics.intervals import quartiles

OWN = "cpu"
POINT = ("direction", "seq_len", "hidden_size", "batch_size")
PLACE = (*POINT, "input_size", "dtype", "threads")
"""Columns that tell the times of one cell and implementation apart; most studies vary `POINT` alone."""


def elapsed(frame: pd.DataFrame) -> pd.DataFrame:
    """Select the rows of elapsed_s, with the column `name`."""
    return measured(frame, "runtime", "elapsed_s")


def timed(rows: pd.DataFrame, groups: list[str]) -> pd.DataFrame:
    """Median and quartiles of the times per group: columns `median_s`, `low_s`, `high_s`, `samples`."""
    found = []
    for key, part in rows.groupby(groups, sort=True):
        low, median, high = quartiles(part["value"])
        found.append((*key, median, low, high, len(part)))
    return pd.DataFrame(found, columns=[*groups, "median_s", "low_s", "high_s", "samples"])
