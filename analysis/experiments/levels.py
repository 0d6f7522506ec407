"""What varies in an experiment: its fields, their levels in the house's order, and how they are told in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from analysis.cells import cell_order
from analysis.drawing import style
from analysis.drawing.axes import signed, thousands
from analysis.result import Layout, Levels
from analysis.select import BACKEND_ORDER, DIRECTION_ORDER, INITIALISER_ORDER, ordered
from bench.experiments.definition import Experiment

ORDERS: Mapping[str, tuple[Any, ...]] = {
    "backend": BACKEND_ORDER,
    "direction": DIRECTION_ORDER,
    "initialiser": INITIALISER_ORDER,
    "inputs": ("normal", "start", "zero"),
    "merge": ("none", "mean", "sum", "concat"),
}
SIZES = ("seq_len", "hidden_size", "input_size", "batch_size", "threads", "train_size", "budget")
"""Numbers that are compared by their ratio."""
IMPLIED = {"input_scale": "inputs", "merge": "name", "batch_size": "task"}
"""A field that may say nothing that the other one does not say."""


def fields_of(experiment: Experiment) -> tuple[str, ...]:
    """Name the columns that a measure may vary: a cell stands in `name`."""
    part = (experiment.asked.part,) if experiment.asked.part else ()
    return (*("name" if field == "cell" else field for field in experiment.asked.fields), *part)


def levels_of(rows: pd.DataFrame, fields: Iterable[str]) -> dict[str, list[Any]]:
    """Return the levels of each field that is a column of the rows, in the house's order."""
    found = {field: in_order(field, rows[field]) for field in fields if field in rows.columns}
    for field, of in IMPLIED.items():
        if field in found and of in found and rows.groupby(of)[field].nunique().max() == 1 and len(found[of]) > 1:
            del found[field]
    return found


def in_order(field: str, levels: Iterable[Any]) -> list[Any]:
    """Return levels without repeats in the house's order; numbers grow."""
    return ordered(levels, cell_order() if field == "name" else ORDERS.get(field, ()))


def is_text(levels: Iterable[Any]) -> bool:
    """Say whether levels are words, not numbers."""
    return any(isinstance(level, str) for level in levels)


def told(field: str, level: Any, labels: Mapping[str, str]) -> str:
    """Tell one level in words: "LSTM", "T = 300", "gate bias −1"; labels are those of the drawing."""
    pattern = labels.get(f"of.{field}", "{value}")
    if not isinstance(level, str):
        return pattern.replace("{value}", thousands(level) if field in SIZES else signed(level))
    kind = "cell" if field == "name" else field
    name, colon, value = level.partition(":")
    if field == "initialiser" and colon:
        return pattern.replace("{value}", f"{style.word(labels, kind, name)} {signed(float(value))}")
    return pattern.replace("{value}", style.word(labels, kind, level))


def value_name(layout: Layout, data: pd.DataFrame, labels: Mapping[str, str]) -> str:
    """Name the axis of values; that of a ratio says whose time is divided, where it is one library's."""
    peers = list(dict.fromkeys(data["backend"])) if layout.reading == "runtime" else []
    if len(peers) == 1:
        return labels["one_peer"].replace("{peer}", labels.get(f"backend.{peers[0]}", peers[0]))
    return labels[f"y.{layout.reading}"]


def described(levels: Levels, labels: Mapping[str, str], between: str = ", ") -> str:
    """Tell several levels in words: "LSTM, gate bias 3"."""
    return between.join(told(field, level, labels) for field, level in levels)
