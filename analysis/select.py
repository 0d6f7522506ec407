"""Rows of interest: one study, only measured values, the sweep over one size, the level most rows share."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import pandas as pd

from bench.names import unknown

SIZES = ("seq_len", "hidden_size", "batch_size")
INITIALISER_ORDER = ("torch", "keras", "orthogonal", "torch-fb1", "chrono")
BACKEND_ORDER = ("cpu", "torch", "torch-compile", "onnxruntime")
DIRECTION_ORDER = ("inference", "training")
AGAIN = "cpu-again"

_declared: ContextVar[tuple[str, ...] | None] = ContextVar("declared", default=None)


@contextmanager
def reading(studies: tuple[str, ...]) -> Iterator[None]:
    """Hold what is made inside a `with` block to the studies that it says it reads: `measured` gives no others.

    What is made is kept until these rows change, so that it may depend on no others.
    """
    token = _declared.set(studies)
    try:
        yield
    finally:
        _declared.reset(token)


def measured(
    frame: pd.DataFrame, study: str, metrics: str | Iterable[str] | None = None, *, zeros: bool = False
) -> pd.DataFrame:
    """Rows of a study that hold a number, with a column `name`: the cell, or "bilstm" for an LSTM of two directions.

    Parameters
    ----------
    frame
        Tidy rows, columns ``bench.rows.COLUMNS``.
    study, metrics
        Values of those columns to keep; all metrics where none is named.
    zeros
        Keep the rows of a logarithm whose number is exactly 0 too, as minus infinity: a gradient that is gone is the
        worst one, not a missing one.

    """
    declared = _declared.get()
    if declared is not None and study not in declared:
        raise ValueError(f"rows of {study!r} were asked for; declared: {', '.join(declared) or 'no study'}")
    counted = ["ok", "zero"] if zeros else ["ok"]
    keep = (frame["study"] == study) & frame["status"].isin(counted)
    if metrics is not None:
        keep &= frame["metric"].isin([metrics] if isinstance(metrics, str) else list(metrics))
    rows = frame.loc[keep].copy()
    rows["value"] = rows["value"].mask(rows["status"] == "zero", -math.inf)
    plain = rows["merge"] == "none"
    rows["name"] = rows["cell"].where(plain, "bi" + rows["cell"])
    return rows


def ordered(levels: Iterable[Any], order: tuple[Any, ...]) -> list[Any]:
    """Levels in the house's order; those it does not know follow, sorted."""
    found = set(levels)
    return [level for level in order if level in found] + sorted(found - set(order))


def ordered_keys(keys: Iterable[tuple[Any, ...]], *orders: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """Sort tuples of levels, each place in the house's order given for it; () sorts a place by value."""
    keys = list(keys)
    ranks = [ordered((key[place] for key in keys), order) for place, order in enumerate(orders)]
    return sorted(keys, key=lambda key: [rank.index(level) for rank, level in zip(ranks, key, strict=True)])


def arranged(frame: pd.DataFrame, by: list[str], orders: Mapping[str, tuple[Any, ...]]) -> pd.DataFrame:
    """Sort the frame by columns, levels of those in `orders` in the house's order; number its rows from 0."""
    ranks = {name: pd.Index(ordered(frame[name], order)) for name, order in orders.items()}
    return frame.sort_values(
        by,
        key=lambda column: column.map(ranks[column.name].get_loc) if column.name in ranks else column,
        ignore_index=True,
    )


def main_level(frame: pd.DataFrame, column: str, groups: tuple[str, ...]) -> int:
    """Return the level of `column` at which most combinations of `groups` were measured; the larger one of equals."""
    counts = frame.drop_duplicates([column, *groups]).groupby(column).size()
    return int(counts[counts == counts.max()].index.max())


def sweep(rows: pd.DataFrame, size: str) -> pd.DataFrame:
    """Rows of the sweep over one size: all other sizes stay at the values that share most levels of it.

    Parameters
    ----------
    rows
        Rows of the runtime study (several sweeps cross in shared points).
    size
        One of `SIZES`.

    Returns
    -------
    DataFrame
        The rows of the longest such sweep; empty where no two levels of `size` share the other sizes.

    """
    if size not in SIZES:
        raise ValueError(unknown("size", size, SIZES))
    fixed = [name for name in (*SIZES, "input_size", "threads", "dtype") if name != size]
    if rows.empty:
        return rows
    levels = rows.groupby(fixed)[size].nunique()
    if levels.max() < 2:
        return rows.iloc[:0]
    best = levels[levels == levels.max()].index[-1]
    keep = pd.Series(True, index=rows.index)
    for name, value in zip(fixed, best, strict=True):
        keep &= rows[name] == value
    return rows.loc[keep]
