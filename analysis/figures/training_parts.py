"""Figure "training-parts": where a step of training spends its time, and how near its products are to their floor."""

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

ID = "training-parts"
STUDY = "training-parts"
STUDIES = (STUDY, "peak")
PARTS = ("pack", "forward", "readout", "backward", "parameter_gradients", "update")
PREFIX = "train_part_s_"
LABELS = ("x", "floor", "size", *(f"part.{name}" for name in PARTS))
FACTS = (
    "seq_len", "batch_size", "smallest", "largest",
    *(f"lstm_{what}{ending}" for what in ("whole", "floor", "rest") for ending in ("", "_most")),
)  # fmt: skip
"""Facts of a full run, at the smallest and (`_most`) the largest H, of every cell: <cell>_whole, the time of a step;
<cell>_floor, percent of it that its operations take at the peak; <cell>_rest, percent of it outside of the products:
packing, readout, clipping and update."""


def build(frame: pd.DataFrame) -> Figure | None:
    """Median over blocks of each part's time, and its operations at the measured peak of one thread."""
    rows = measured(frame, STUDY)
    if rows.empty:
        return None
    rate = peak_rate(frame, 1, rows["dtype"].iloc[0])
    found = []
    for (name, hidden_size), own in rows.groupby(["name", "hidden_size"], sort=True):
        for part in PARTS:
            times = own.loc[own["metric"] == PREFIX + part, "value"]
            flops = own.loc[own["metric"] == f"part_flops_{part}", "value"]
            if len(times):
                low, median, high = quartiles(times)
                floor = float(flops.iloc[0]) / rate if len(flops) else math.nan
                found.append((name, hidden_size, part, median, low, high, floor))
    if not found:
        return None
    data = pd.DataFrame(found, columns=["name", "hidden_size", "part", "median_s", "low_s", "high_s", "floor_s"])
    return make(ID, data, STUDIES, _facts(data, rows))


def _facts(data: pd.DataFrame, rows: pd.DataFrame) -> dict[str, Fact]:
    facts: dict[str, Fact] = {name: float(rows[name].iloc[0]) for name in ("seq_len", "batch_size")}
    smallest, largest = int(data["hidden_size"].min()), int(data["hidden_size"].max())
    facts |= {"smallest": float(smallest), "largest": float(largest)}
    for hidden_size, ending in ((largest, "_most"), (smallest, "")):
        for name, part in data.loc[data["hidden_size"] == hidden_size].groupby("name"):
            steps = rows.loc[
                (rows["name"] == name) & (rows["hidden_size"] == hidden_size) & (rows["metric"] == "train_step_s"),
                "value",
            ]
            if steps.empty:  # the whole failed where its parts did not
                continue
            low, median, high = quartiles(steps)
            facts[f"{name}_whole{ending}"] = Estimate(median, low, high, "s", len(steps))
            products = part["floor_s"].notna()
            if products.any():  # without a measured peak there is no floor
                facts[f"{name}_floor{ending}"] = Number(float(part["floor_s"].sum()) / median * 100, digits=2)
                facts[f"{name}_rest{ending}"] = Number(
                    float(part.loc[~products, "median_s"].sum()) / median * 100, digits=2
                )
    return facts


def draw(data: pd.DataFrame, style_name: str, labels: Mapping[str, str]) -> Canvas:
    """Draw a row of panels per size, a panel per cell, a bar per part; the mark on a bar is its end at the peak."""
    names, sizes = ordered(data["name"], known().main), sorted(set(data["hidden_size"]))
    parts = ordered(data["part"], PARTS)
    ratio = 0.95 * len(names) / len(sizes)
    with style.canvas(style_name, len(sizes), len(names), ratio=ratio, sharex="row", sharey=True) as drawing:
        look = drawing.look
        for axes, name in zip(drawing.panels[0], names, strict=True):
            axes.set_title(style.word(labels, "cell", name), loc="left")
        for size, panels in zip(sizes, drawing.panels, strict=True):
            panels[0].set_ylabel(f"{labels['size']} = {size}", fontweight="bold")
            for axes, name in zip(panels, names, strict=True):
                own = data.loc[(data["name"] == name) & (data["hidden_size"] == size)]
                part_bars(axes, own, name, parts, f"series-{name}--{size}", labels, look)
        drawing.flat[0].invert_yaxis()
        drawing.figure.supxlabel(labels["x"], fontsize=look.type_size)
        drawing.legend([legend.rule(look, labels["floor"], dash="-", width=1.0)])
    return drawing.figure
