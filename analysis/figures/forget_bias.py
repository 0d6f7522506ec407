"""Figure "forget-bias": what a forget bias leaves of the cell state's gradient, on the cell path alone and in total.

Beside it the LSTM without a forget gate, and the LSTM whose gates are coupled, which writes what it forgets.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator

from analysis.drawing import legend, marks, style
from analysis.drawing.axes import power_axis, signed
from analysis.drawing.build import make, over_seeds
from analysis.drawing.lines import banded_line
from analysis.readings.gradient_curves import gradient_curves
from analysis.result import LOGARITHM, Fact, Figure, Number, fact_key
from analysis.select import main_level
from analysis.statistics.fits import half_life, slopes
from analysis.theory.closed_forms import sigmoid

ID = "forget-bias"
STUDIES = ("forget-bias",)
LABELS = ("x", "y", "path.forget-path", "path.total", "coupled", "bias", "carried", "threshold")
"""`bias` names the legend of the forget biases, `carried` the line of the cell without a forget gate among them, and
`coupled` the panel of the total of coupled gates."""

FACTS = (
    *("lag", "seeds", "hidden_size", "total_0", "path_0", "total_1", "path_1", "total_5", "path_5", "half_life_0"),
    *("carried_path", "carried_total", "coupled_total_0", "coupled_total_5", "coupled_path_5"),
)
"""Facts of a full run: {total, path, gate, half_life}_<bias>, with "m2" for -2: what is left at the longest lag; the
same of coupled gates, coupled_{total, path}_<bias>; and carried_{total, path}, of the LSTM without a forget gate."""

FLOOR = -60.0
"""Decades below this are cut: a float32 has lost all below 10^-45, and the curves have shown their slope by then."""
THRESHOLD = -3.0
METRICS = {"forget-path": "log10_forget_path", "total": "log10_norm_c"}
BIASED, COUPLED, CARRIED = "lstm", "lstm-coupled", "lstm-1997"
PREFIX = {BIASED: "", COUPLED: "coupled_"}
PANELS = (("forget-path", BIASED), ("total", BIASED), ("total", COUPLED))
"""Path and cell; the coupled gates' own path is that of the LSTM's, for a bias says the same of both."""
SERIES = ["path", "name", "forget_bias", "lag"]


def build(frame: pd.DataFrame) -> Figure | None:
    """Median over seeds of log10 ∏f and of log10 of the total dL/dc, against the lag, per cell and forget bias.

    `forget_bias` is missing in the rows of the LSTM without a forget gate.
    """
    parts = []
    for path, metric in METRICS.items():
        curves = gradient_curves(frame, "forget-bias", metric)
        parts.append(curves.loc[curves["name"].isin((*PREFIX, CARRIED))].assign(path=path))
    curves = pd.concat(parts, ignore_index=True)
    if curves.loc[curves["name"] == BIASED].empty:
        return None
    size = main_level(curves, "hidden_size", ("name", "initialiser_value", "seed"))
    curves = curves.loc[curves["hidden_size"] == size]
    seeds = curves["seed"].nunique()
    data = over_seeds(curves, ["path", "name", "initialiser_value", "lag"], "log10_g")
    data = data.rename(columns={"initialiser_value": "forget_bias"})
    data["forget_bias"] = data["forget_bias"].where(data["name"] != CARRIED)
    facts: dict[str, Fact] = {"lag": float(data["lag"].max()), "seeds": seeds, "hidden_size": float(size)}
    facts |= _left(data) | _half_lives(curves)
    return make(ID, data.loc[:, [*SERIES, "median", "low", "high", "seeds"]], STUDIES, facts, seeds=seeds)


def _left(data: pd.DataFrame) -> dict[str, Fact]:
    """Return what is left at the longest lag, of each cell and bias, and the gate that each bias makes."""
    facts: dict[str, Fact] = {}
    ends = data.loc[data["lag"] == data["lag"].max()]
    for row in ends.to_dict("records"):
        kind = "total" if row["path"] == "total" else "path"
        left = Number(float(row["median"]), LOGARITHM)
        if row["name"] == CARRIED:
            facts[f"carried_{kind}"] = left
            continue
        key = fact_key(row["forget_bias"])
        facts[f"{PREFIX[row['name']]}{kind}_{key}"] = left
        facts[f"gate_{key}"] = Number(sigmoid(float(row["forget_bias"])), digits=3)
    return facts


def _half_lives(curves: pd.DataFrame) -> dict[str, Fact]:
    """Return half-lives of the LSTM's gradient at each bias, in total and through the forget gates alone."""
    facts: dict[str, Fact] = {}
    for path, part in curves.loc[curves["name"] == BIASED].groupby("path"):
        name = "half_life" if path == "total" else "path_half_life"
        for bias, slope in slopes(part).groupby("initialiser_value")["slope10"].median().items():
            facts[f"{name}_{fact_key(bias)}"] = Number(half_life(float(slope)), digits=3)
    return facts


def draw(data: pd.DataFrame, style_name: str, labels: Mapping[str, str]) -> Canvas:
    """Panels with the same axes; dark to light is a small to a large bias; a cell without the gate has its own mark."""
    there = set(zip(data["path"], data["name"], strict=True))
    panels = [panel for panel in PANELS if panel in there]
    biases = sorted(set(data["forget_bias"].dropna()))
    colors = marks.shades(biases)
    with style.canvas(style_name, 1, len(panels), ratio=1.1 + 0.45 * len(panels), sharex=True, sharey=True) as drawing:
        look = drawing.look
        floor = max(FLOOR, float(data["low"].min()) - 1)
        for axes, (path, name) in zip(drawing.flat, panels, strict=True):
            panel = f"{path}-{name}"
            rows = data.loc[data["path"] == path]
            for place, bias in enumerate(biases):
                part = rows.loc[(rows["name"] == name) & (rows["forget_bias"] == bias)]
                mark = marks.Mark(colors[bias], marks.MARKERS[place], "-")
                banded_line(axes, part, "lag", mark, f"series-bias{bias:g}--{panel}", shade=0.25, markevery=(2, 3))
            carried = rows.loc[rows["name"] == CARRIED]
            if name == BIASED and not carried.empty:
                mark = marks.cell_mark(CARRIED)
                banded_line(axes, carried, "lag", mark, f"series-{CARRIED}--{panel}", shade=0.25, markevery=(3, 3))
            axes.axhline(THRESHOLD, color=look.ink, linewidth=look.line * 0.5, linestyle=marks.DOTS, zorder=1)
            axes.set_title(style.word(labels, "path", path) if name == BIASED else labels["coupled"], loc="left")
            axes.set_xlabel(labels["x"])
            axes.set_xlim(0, float(data["lag"].max()))
            axes.set_ylim(floor, max(1.5, float(data["high"].max()) + 0.5))
            axes.xaxis.set_major_locator(MaxNLocator(4, integer=True, prune="upper"))
            power_axis(axes)
        drawing.flat[0].set_ylabel(labels["y"])
        handles = legend.shade_entries(colors, {bias: signed(bias) for bias in biases})
        handles.insert(0, legend.rule(look, labels["threshold"]))
        if (data["name"] == CARRIED).any():
            handles.append(legend.entry(marks.cell_mark(CARRIED), labels["carried"]))
        legend.beside(drawing.flat[-1], handles[::-1], labels["bias"])
    return drawing.figure
