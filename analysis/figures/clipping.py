"""Figure "clipping": a gradient that explodes with the length of a sequence, and what clipping leaves of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FixedLocator, MaxNLocator

from analysis.cells import cell_order
from analysis.drawing import legend, marks, style
from analysis.drawing.axes import power_axis
from analysis.drawing.build import make, over_seeds
from analysis.drawing.lines import banded_line
from analysis.result import LOGARITHM, Fact, Figure, Number, fact_key
from analysis.select import ordered

ID = "clipping"
STUDIES = ("clipping",)
QUANTITIES = ("norm", "clipped", "cosine")
LABELS = ("x", *(f"y.{name}" for name in QUANTITIES), "gain", "limit")
"""`gain`, of the legend, has the placeholders {cell} and {gain}."""
FACTS = (
    "seeds", "hidden_size", "seq_len", "short_seq_len", "recent", "limit", "below", "above", "far", "lstm_gain",
    *(f"rnn_{name}_{part}" for name in ("below", "above", "far") for part in QUANTITIES),
    *(f"lstm_{part}" for part in QUANTITIES), *(f"rnn_far_short_{part}" for part in QUANTITIES), "rnn_far_recent",
)  # fmt: skip
"""Facts of a full run: `below`, `above` and `far`, the gains of the RNN from the smallest up; <cell>_<gain>_<quantity>
at the longest T, and at `short_seq_len`: norm of the gradient, norm of what the `recent` last steps add to it after it
was clipped to a norm of `limit`, cosine of the angle between the two. rnn_far_recent: that part before clipping."""

LIMIT = 1.0
"""Norm that a gradient is clipped to."""
SHORT = 20
"""Steps of a sequence that are hardly more than the recent ones."""
METRICS = {"log10_weight_gradient": "whole", "log10_recent_gradient": "recent", "recent_cosine": "cosine"}
ARM = ["name", "gain"]
LINES = (marks.DOTS, (0, (5, 1.5)), "-")
"""Of the gains of a cell, from the smallest up; the last where there is one alone."""


def build(frame: pd.DataFrame) -> Figure | None:
    """Median over seeds of the three quantities against T, with the band of 95 % of them."""
    table = _table(frame)
    if table.empty:
        return None
    long = table.melt([*ARM, "seq_len", "seed"], list(QUANTITIES), "quantity", "value")
    data = over_seeds(long, ["quantity", *ARM, "seq_len"], "value")
    facts: dict[str, Fact] = {
        "seeds": table["seed"].nunique(),
        "hidden_size": float(frame.loc[frame["study"] == "clipping", "hidden_size"].max()),
        "seq_len": float(table["seq_len"].max()),
        "short_seq_len": SHORT,
        "recent": float(table["uses"].max()),
        "limit": LIMIT,
    }
    for name, part in table.groupby("name"):
        gains = sorted(set(part["gain"]))
        words = ("below", "above", "far")[-len(gains) :] if len(gains) > 1 else ("",)
        for word, gain in zip(words, gains, strict=True):
            facts[word or f"{name}_gain"] = gain
            here, key = part.loc[part["gain"] == gain], (name, word) if word else (name,)
            facts |= _at(here, facts["seq_len"], *key) | _at(here, SHORT, *key, "short")
    return make(ID, data, STUDIES, facts, seeds=table["seed"].nunique())


def _table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a row per network and length, without lengths at which a network has no number: the rest are survivors."""
    rows = frame.loc[(frame["study"] == "clipping") & frame["metric"].isin(list(METRICS))]
    rows = rows.rename(columns={"cell": "name", "initialiser_value": "gain"})
    if rows.empty:
        return rows
    keys = [*ARM, "seq_len"]
    complete = (rows["status"] == "ok").groupby([rows[key] for key in keys]).transform("all")
    rows = rows.loc[complete]
    if set(rows["metric"]) != set(METRICS):
        return rows.iloc[:0]
    table = rows.pivot(index=[*keys, "seed"], columns="metric", values="value").rename(columns=METRICS).reset_index()
    uses = rows.loc[rows["metric"] == "log10_recent_gradient", [*keys, "seed", "step"]]
    table = table.merge(uses.rename(columns={"step": "uses"}), on=[*keys, "seed"])
    table["norm"] = table["whole"]
    table["clipped"] = table["recent"] + (math.log10(LIMIT) - table["whole"]).clip(upper=0.0)
    return table


def _at(part: pd.DataFrame, steps: object, *words: object) -> dict[str, Fact]:
    """Medians over networks at one length."""
    here = part.loc[part["seq_len"] == steps]
    if here.empty:
        return {}
    facts: dict[str, Fact] = {
        fact_key(*words, quantity): Number(float(here[quantity].median()), LOGARITHM)
        for quantity in ("norm", "clipped")
    }
    facts[fact_key(*words, "cosine")] = Number(float(here["cosine"].median()), decimals=2)
    facts[fact_key(*words, "recent")] = Number(10.0 ** float(here["recent"].median()), digits=2)
    return facts


def draw(data: pd.DataFrame, style_name: str, labels: Mapping[str, str]) -> Canvas:
    """Draw a panel per quantity, a line per cell and gain; norms are logarithmic."""
    arms = [
        (name, gain, LINES[-len(gains) :][place], marks.tints(marks.cell_mark(name).color, len(gains))[place])
        for name in ordered(data["name"], cell_order())
        for gains in [sorted(set(data.loc[data["name"] == name, "gain"]))]
        for place, gain in enumerate(gains)
    ]
    with style.canvas(style_name, 1, len(QUANTITIES), ratio=2.0) as drawing:
        look = drawing.look
        handles: list[Any] = []
        for name, gain, line, shade in arms:
            of = marks.cell_mark(name)
            mark = marks.Mark(shade, of.marker, line)
            text = labels["gain"].format(cell=style.word(labels, "cell", name), gain=f"{gain:g}")
            handles.append(legend.entry(mark, text))
            for axes, quantity in zip(drawing.flat, QUANTITIES, strict=True):
                keep = (data["quantity"] == quantity) & (data["name"] == name) & (data["gain"] == gain)
                part = data.loc[keep].sort_values("seq_len")
                banded_line(axes, part, "seq_len", mark, f"series-{name}--{gain:g}-{quantity}")
        for axes, quantity in zip(drawing.flat, QUANTITIES, strict=True):
            axes.set_title(labels[f"y.{quantity}"], loc="left")
            axes.set_xlabel(labels["x"])
            axes.set_xlim(left=0)
            axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
            if quantity == "cosine":
                axes.yaxis.set_major_locator(FixedLocator([0.0, 0.5, 1.0]))
            else:
                power_axis(axes)
                axes.axhline(math.log10(LIMIT), color=look.ink, linewidth=look.line * 0.5, linestyle=marks.DOTS)
        handles.append(legend.rule(look, labels["limit"]))
        drawing.legend(handles, columns=3)
    return drawing.figure
