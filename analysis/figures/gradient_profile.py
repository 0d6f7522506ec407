"""Figure "gradient-profile": how much of the gradient is left k steps back, per cell and initialiser."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator

from analysis.cells import cell_order
from analysis.drawing import legend, marks, style
from analysis.drawing.axes import power_axis
from analysis.drawing.build import make, over_seeds
from analysis.readings.gradient_curves import common_size, state_curves
from analysis.readings.horizons import median_horizon
from analysis.result import LOGARITHM, Fact, Figure, Number, fact_key
from analysis.select import INITIALISER_ORDER, ordered
from analysis.statistics.fits import factor, half_life, horizons, slopes

ID = "gradient-profile"
STUDIES = ("gradients",)
LABELS = (
    "x",
    "y",
    "threshold",
    *(f"initialiser.{name}" for name in INITIALISER_ORDER),
)
FACTS = (
    "hidden_size",
    "seq_len",
    "seeds",
    "rnn_torch_left",
    "lstm_torch_left",
    "gru_torch_left",
    "rnn_torch_horizon",
    "lstm_torch_horizon",
    "gru_torch_horizon",
    "lstm_torch_factor",
    "threshold",
    "lstm_torch_fb1_horizon",
    "lstm_chrono_left",
    "gru_chrono_left",
)
"""Facts of a full run. There are more: <cell>_<initialiser>_{left, slope, factor, half_life, horizon} for each pair."""

THRESHOLD = -3.0


def build(frame: pd.DataFrame) -> Figure | None:
    """Median of log10 G(k) over seeds with the band of 95 % of them, at the hidden size most cases share."""
    curves = state_curves(frame)
    if curves.empty:
        return None
    size = common_size(frame)
    curves = curves.loc[curves["hidden_size"] == size]
    data = over_seeds(curves, ["initialiser", "name", "lag"], "log10_g")
    facts: dict[str, Fact] = {
        "hidden_size": size,
        "seq_len": float(curves["seq_len"].max()),
        "seeds": curves["seed"].nunique(),
        "threshold": Number(THRESHOLD, LOGARITHM),
    }
    found = slopes(curves).groupby(["name", "initialiser"])["slope10"].median()
    for (name, initialiser), slope in found.items():
        key = fact_key(name, initialiser)
        facts[f"{key}_slope"] = Number(float(slope), digits=3)
        facts[f"{key}_factor"] = Number(factor(float(slope)), digits=3)
        facts[f"{key}_half_life"] = Number(half_life(float(slope)), digits=3)
    for (name, initialiser), part in horizons(curves, 10.0**THRESHOLD).groupby(["name", "initialiser"]):
        key = fact_key(name, initialiser)
        facts[f"{key}_horizon"] = median_horizon(part)
    for (initialiser, name), part in data.groupby(["initialiser", "name"]):
        key = fact_key(name, initialiser)
        facts[f"{key}_left"] = Number(float(part.loc[part["lag"].idxmax(), "median"]), LOGARITHM)
    return make(ID, data, STUDIES, facts, seeds=curves["seed"].nunique())


def draw(data: pd.DataFrame, style_name: str, labels: Mapping[str, str]) -> Canvas:
    """One panel per initialiser, one line per cell; the last panel is the legend."""
    initialisers = ordered(data["initialiser"], INITIALISER_ORDER)
    names = ordered(data["name"], cell_order())
    columns = min(3, len(initialisers) + 1)
    rows = -(-(len(initialisers) + 1) // columns)
    with style.canvas(style_name, rows, columns, ratio=columns * 1.12 / rows, sharex=True, sharey=True) as drawing:
        look = drawing.look
        for axes, initialiser in zip(drawing.flat, initialisers, strict=False):
            for name in names:
                part = data.loc[(data["initialiser"] == initialiser) & (data["name"] == name)]
                if part.empty:
                    continue
                mark = marks.cell_mark(name)
                axes.fill_between(
                    part["lag"], part["low"], part["high"], color=mark.color, alpha=0.2, linewidth=0,
                    gid=f"series-{name}--{initialiser}-band",
                )  # fmt: skip
                axes.plot(
                    part["lag"],
                    part["median"],
                    color=mark.color,
                    linestyle=mark.line,
                    marker=mark.marker,
                    markevery=_marks(len(part), names.index(name)),
                    gid=f"series-{name}--{initialiser}",
                )
            axes.axhline(THRESHOLD, color=look.ink, linewidth=look.line * 0.5, linestyle=marks.DOTS, zorder=1)
            axes.set_title(style.word(labels, "initialiser", initialiser), loc="left")
            axes.set_xlim(0, data["lag"].max())
            axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
            power_axis(axes)
            axes.tick_params(labelbottom=True)
        _finish(drawing, len(initialisers), names, labels)
    return drawing.figure


def _finish(drawing: style.Drawing, used: int, names: list[str], labels: Mapping[str, str]) -> None:
    """Axis names at the edges, the threshold's name once, and the legend in the first empty panel."""
    look = drawing.look
    drawing.figure.supxlabel(labels["x"], fontsize=look.type_size)
    drawing.figure.supylabel(labels["y"], fontsize=look.type_size)
    handles = legend.cell_handles(names, labels, look)
    handles.append(legend.rule(look, labels["threshold"]))
    drawing.legend_in(drawing.flat[used], handles)
    for axes in drawing.flat[used + 1 :]:
        axes.axis("off")


def _marks(count: int, series: int) -> list[int]:
    """Few markers on a line, at other places on each line so that they do not cover each other."""
    return list(range(count // 3 + series, count, max(3, count // 4)))
