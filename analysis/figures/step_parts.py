"""Figure "step-parts": where a training step spends its time, and how near each product is to its floor."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure as Canvas

from analysis.cells import known
from analysis.drawing import legend, style
from analysis.drawing.build import make
from analysis.drawing.parts import part_bars
from analysis.readings.peak import peak_rate
from analysis.result import Estimate, Fact, Figure, Number
from analysis.select import measured, ordered
from analysis.statistics.intervals import quartiles

ID = "step-parts"
STUDIES = ("steps", "peak")
PARTS = (
    "input_product",
    "recurrent_product",
    "point_wise",
    "point_wise_backward",
    "recurrent_backward",
    "input_gradient",
    "weight_gradient",
)
LABELS = ("x", "floor", *(f"part.{name}" for name in PARTS))
FACTS = ("seq_len", "batch_size", "hidden_size", "lstm_whole", "lstm_floor", "lstm_products", "lstm_point_wise")


def build(frame: pd.DataFrame) -> Figure | None:
    """Median over blocks of each part's time, and its operations at the measured peak of one thread."""
    rows = measured(frame, "steps")
    if rows.empty:
        return None
    rate = peak_rate(frame, 1, rows["dtype"].iloc[0])
    found = []
    for name in ordered(rows["name"], known().main):
        own = rows.loc[rows["name"] == name]
        for part in PARTS:
            times = own.loc[own["metric"] == f"{part}_s", "value"]
            flops = own.loc[own["metric"] == f"part_flops_{part}", "value"]
            if len(times):
                low, median, high = quartiles(times)
                found.append((name, part, median, low, high, float(flops.iloc[0]) / rate if len(flops) else math.nan))
    if not found:
        return None
    data = pd.DataFrame(found, columns=["name", "part", "median_s", "low_s", "high_s", "floor_s"])
    return make(ID, data, STUDIES, _facts(data, rows))


def _facts(data: pd.DataFrame, rows: pd.DataFrame) -> dict[str, Fact]:
    facts: dict[str, Fact] = {name: float(rows[name].iloc[0]) for name in ("seq_len", "batch_size", "hidden_size")}
    for name, part in data.groupby("name"):
        whole = rows.loc[(rows["name"] == name) & (rows["metric"] == "whole_s"), "value"]
        if whole.empty:  # the whole failed where its parts did not
            continue
        low, median, high = quartiles(whole)
        products = part.loc[part["floor_s"].notna()]
        facts[f"{name}_whole"] = Estimate(median, low, high, "s", len(whole))
        if len(products):  # without a measured peak there is no floor
            floor = float(products["floor_s"].sum())
            facts[f"{name}_floor"] = Number(floor / median * 100, digits=2)
            facts[f"{name}_products"] = Number(floor / float(products["median_s"].sum()) * 100, digits=2)
        point_wise = part.loc[part["part"].str.startswith("point_wise"), "median_s"].sum()
        facts[f"{name}_point_wise"] = Number(float(point_wise / median) * 100, digits=2)
    return facts


def draw(data: pd.DataFrame, style_name: str, labels: Mapping[str, str]) -> Canvas:
    """Draw a panel per cell, a bar per part; the mark on a bar is where it would end at the peak."""
    names = ordered(data["name"], known().main)
    parts = ordered(data["part"], PARTS)
    with style.canvas(style_name, 1, len(names), ratio=0.95 * len(names), sharex=True, sharey=True) as drawing:
        look = drawing.look
        for axes, name in zip(drawing.flat, names, strict=True):
            own = data.loc[data["name"] == name]
            part_bars(axes, own, name, parts, f"series-{name}-", labels, look)
            axes.set_title(style.word(labels, "cell", name), loc="left")
        drawing.flat[0].invert_yaxis()
        drawing.figure.supxlabel(labels["x"], fontsize=look.type_size)
        drawing.legend([legend.rule(look, labels["floor"], dash="-", width=1.0)])
    return drawing.figure
