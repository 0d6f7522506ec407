"""Figure "memory-curse": a longer memory, the state that is kept, and the gradient of the weights."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FuncFormatter, MaxNLocator

from analysis.cells import cell_order
from analysis.drawing import legend, marks, style
from analysis.drawing.axes import power, signed
from analysis.drawing.build import interval_over_seeds, make
from analysis.drawing.lines import banded_line
from analysis.result import LOGARITHM, Estimate, Fact, Figure, Number, fact_key
from analysis.select import measured, ordered
from analysis.statistics.intervals import exponential, generator

ID = "memory-curse"
STUDIES = ("memory-curse",)
QUANTITIES = {"left": "log10_gradient_left", "kept": "kept_sd", "weights": "log10_weight_gradient"}
"""Panels, and their metrics: the state's gradient that is left, the state that is kept, the weights' gradient."""

TIED_ON_TOP = {"markerfacecolor": "none", "zorder": 4}
"""The tied LSTM hardly differs from the coupled one: rings around its markers."""
TIED = "lstm-tied"
"""Name of the LSTM whose input bias is tied to its forget bias; its word stands beside those of the cells."""

LABELS = ("x", *(f"y.{name}" for name in QUANTITIES), f"cell.{TIED}")
FACTS = (
    "hidden_size", "seq_len", "seeds", "longer", "longest",
    "lstm_none_weights", "lstm_longer_weights", "lstm_longest_weights", "lstm_tied_longest_weights",
    "gru_none_weights", "gru_longest_weights", "lstm_none_kept", "lstm_longer_kept",
    "lstm_longest_kept", "lstm_tied_longest_kept",
    "lstm_coupled_none_weights", "lstm_coupled_longest_weights",
    "lstm_longer_left", "lstm_longest_left", "lstm_longer_weights_ratio", "lstm_longest_weights_ratio",
)  # fmt: skip
"""Facts of a full run: <cell>_<none, longer or longest>_<quantity> at a bias of 0, of `longer` and of `longest`;
<...>_weights_ratio over that at a bias of 0. There are more."""

LONGER = 2.0
"""The bias at which the state's gradient still vanishes."""


def build(frame: pd.DataFrame) -> Figure | None:
    """Geometric mean over seeds with its interval, per quantity, cell and bias."""
    rows = measured(frame, "memory-curse", list(QUANTITIES.values()))
    if rows.empty:
        return None
    plain = rows["metric"] == QUANTITIES["kept"]
    rows["ln"] = np.log(rows["value"].where(plain, 1.0)).where(plain, rows["value"] * math.log(10))
    rows["quantity"] = rows["metric"].map({metric: name for name, metric in QUANTITIES.items()})
    found = interval_over_seeds(_with_tied(rows), ["quantity", "name", "gate_bias"], "ln", generator(ID))
    longest = float(found["gate_bias"].max())
    facts: dict[str, Fact] = {
        "hidden_size": float(rows["hidden_size"].iloc[0]),
        "seq_len": float(rows["seq_len"].iloc[0]),
        "seeds": rows["seed"].nunique(),
        "longer": LONGER,
        "longest": longest,
    }
    places = {0.0: "none", LONGER: "longer", longest: "longest"}
    means = found.set_index(["quantity", "name", "gate_bias"])["value"]
    for row in found.loc[found["gate_bias"].isin(list(places))].itertuples():
        key = fact_key(row.name, places[row.gate_bias], row.quantity)
        if row.quantity == "left":
            facts[key] = Number(row.value / math.log(10), LOGARITHM)
            continue
        facts[key] = exponential(Estimate(row.value, row.low, row.high, "1", row.n))
        if (row.quantity, row.name, 0.0) in means.index:
            growth = math.exp(row.value - means[row.quantity, row.name, 0.0])
            facts[f"{key}_ratio"] = Number(growth, digits=2)
    data = found.sort_values(["quantity", "name", "gate_bias"])
    ends = data[["low", "high"]]
    data[["low", "high"]] = ends.where(np.isfinite(ends))
    data[["value", "low", "high"]] = np.exp(data[["value", "low", "high"]])
    return make(ID, data, STUDIES, facts, seeds=rows["seed"].nunique())


def _with_tied(rows: pd.DataFrame) -> pd.DataFrame:
    """Name the tied LSTM; at a bias of 0 the LSTM is both, free and tied."""
    tied = rows.loc[(rows["name"] == "lstm") & (rows["write_bias"] == -rows["gate_bias"])]
    free = rows.loc[rows["write_bias"] == 0]
    return pd.concat([free, tied.assign(name=TIED)], ignore_index=True)


def draw(data: pd.DataFrame, style_name: str, labels: Mapping[str, str]) -> Canvas:
    """Draw a panel per quantity against the bias, in the order of the argument; a line per cell."""
    quantities = [name for name in QUANTITIES if name in set(data["quantity"])]
    names = ordered(data["name"], tuple(dict.fromkeys(("lstm", TIED, *cell_order()))))
    with style.canvas(style_name, 1, len(quantities), ratio=0.8 * len(quantities), sharex=True) as drawing:
        look = drawing.look
        for axes, quantity in zip(drawing.flat, quantities, strict=True):
            for name in sorted(names, key=lambda name: name == TIED):
                part = data.loc[(data["quantity"] == quantity) & (data["name"] == name)].copy()
                part[["value", "low", "high"]] = np.log10(part[["value", "low", "high"]])
                gid = f"series-{name}--{quantity}"
                top: dict[str, Any] = TIED_ON_TOP | {"markersize": 2 * look.marker} if name == TIED else {}
                banded_line(axes, part, "gate_bias", _mark(name), gid, y=("value", "low", "high"), shade=0.32, **top)
            if quantity == "left":
                axes.axhline(0, color=look.ink, linewidth=look.line * 0.5, linestyle=marks.DOTS, zorder=1)
            axes.set_title(labels[f"y.{quantity}"], loc="left")
            axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
            axes.yaxis.set_major_formatter(FuncFormatter(power))
            axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
            axes.xaxis.set_major_formatter(FuncFormatter(signed))
        drawing.figure.supxlabel(labels["x"], fontsize=look.type_size)
        handles = [legend.entry(_mark(name), style.word(labels, "cell", name)) for name in names]
        for name, handle in zip(names, handles, strict=True):
            if name == TIED:
                handle.set(**TIED_ON_TOP, markersize=2 * look.marker)
        drawing.legend(handles)
    return drawing.figure


def _mark(name: str) -> marks.Mark:
    """Return the mark of a cell; the tied LSTM's has room between its dashes, for the line of the coupled one."""
    return marks.Mark(marks.GREY, "o", (0, (1.5, 4))) if name == TIED else marks.cell_mark(name)
