"""Figure "decay-rate": the slope of the gradient against the hidden size, with what theory says at zero input."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FuncFormatter

from analysis.cells import cell_order
from analysis.drawing import legend, marks, style
from analysis.drawing.axes import signed, size_axis
from analysis.drawing.build import interval_over_seeds, make
from analysis.readings.gradient_curves import state_curves
from analysis.result import Estimate, Fact, Figure, Number, fact_key
from analysis.select import INITIALISER_ORDER, ordered
from analysis.statistics.fits import factor, slopes
from analysis.statistics.intervals import generator
from analysis.theory.closed_forms import factor_per_step

ID = "decay-rate"
STUDIES = ("gradients",)
LABELS = (
    "x",
    "y",
    "theory",
    *(f"initialiser.{name}" for name in INITIALISER_ORDER),
)
FACTS = ("seeds", "hidden_size", "rnn_torch_slope", "lstm_torch_slope", "gru_torch_slope", "lstm_torch_theory")
"""Facts of a full run, at the largest hidden size. There are more: <cell>_<initialiser>_{slope, factor, theory}."""


def build(frame: pd.DataFrame) -> Figure | None:
    """Mean slope10 over seeds with its interval, per cell, initialiser and hidden size."""
    found = slopes(state_curves(frame))
    if found.empty:
        return None
    data = interval_over_seeds(found, ["initialiser", "name", "hidden_size"], "slope10", generator(ID))
    theory = [factor_per_step(name, kind) for name, kind in zip(data["name"], data["initialiser"], strict=True)]
    data["theory"] = [math.log10(value) if value is not None else math.nan for value in theory]
    finite = data["low"].abs() < math.inf
    data["low"], data["high"] = data["low"].where(finite), data["high"].where(finite)
    largest = data.loc[data["hidden_size"] == data["hidden_size"].max()]
    facts: dict[str, Fact] = {
        "seeds": found["seed"].nunique(),
        "hidden_size": float(data["hidden_size"].max()),
        "smallest_hidden_size": float(data["hidden_size"].min()),
    }
    for row in largest.fillna({"low": -math.inf, "high": math.inf}).itertuples():
        key = fact_key(row.name, row.initialiser)
        facts[f"{key}_slope"] = Estimate(row.value, row.low, row.high, "decades per step", row.n)
        facts[f"{key}_factor"] = Number(factor(row.value), digits=3)
        if not math.isnan(row.theory):
            facts[f"{key}_theory"] = Number(row.theory, digits=3)
            facts[f"{key}_theory_factor"] = Number(factor(row.theory), digits=3)
    return make(ID, data, STUDIES, facts, seeds=found["seed"].nunique())


def draw(data: pd.DataFrame, style_name: str, labels: Mapping[str, str]) -> Canvas:
    """One panel per initialiser: points with intervals, the zero-input value as a short level line."""
    initialisers = ordered(data["initialiser"], INITIALISER_ORDER)
    names = ordered(data["name"], cell_order())
    columns = min(3, len(initialisers) + 1)
    rows = -(-(len(initialisers) + 1) // columns)
    sizes = sorted(set(data["hidden_size"]))
    with style.canvas(style_name, rows, columns, ratio=columns * 1.12 / rows, sharex=True, sharey=True) as drawing:
        look = drawing.look
        for axes, initialiser in zip(drawing.flat, initialisers, strict=False):
            for position, name in enumerate(names):
                part = data.loc[(data["initialiser"] == initialiser) & (data["name"] == name)]
                if part.empty:
                    continue
                mark = marks.cell_mark(name)
                # neighbours share a size: set them a little apart, so that no interval hides another
                x = part["hidden_size"] * 2 ** (0.11 * (position - (len(names) - 1) / 2))
                axes.plot(
                    x, part["value"], color=mark.color, linestyle=mark.line, marker=mark.marker, alpha=0.95,
                    gid=f"series-{name}--{initialiser}", linewidth=look.line * 0.8,
                )  # fmt: skip
                axes.vlines(x, part["low"], part["high"], color=mark.color, linewidth=look.line * 0.9)
                theory = part["theory"].iloc[0]
                if not math.isnan(theory):
                    axes.axhline(theory, color=mark.color, linewidth=look.line * 0.45, alpha=0.8, zorder=1)
            axes.axhline(0, color=look.ink, linewidth=look.line * 0.5, zorder=1)
            axes.set_title(style.word(labels, "initialiser", initialiser), loc="left")
            size_axis(axes, sizes)
            axes.set_xlim(sizes[0] / 1.4, sizes[-1] * 1.4)
            axes.yaxis.set_major_formatter(FuncFormatter(signed))
            axes.tick_params(labelbottom=True)
        drawing.figure.supxlabel(labels["x"], fontsize=look.type_size)
        drawing.figure.supylabel(labels["y"], fontsize=look.type_size)
        handles = legend.cell_handles(names, labels, look)
        handles.append(legend.rule(look, labels["theory"], dash="-"))
        drawing.legend_in(drawing.flat[len(initialisers)], handles)
        for axes in drawing.flat[len(initialisers) + 1 :]:
            axes.axis("off")
    return drawing.figure
