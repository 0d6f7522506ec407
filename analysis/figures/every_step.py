"""Figure "every-step": the gradient of h with a loss at the last step only, and with a loss at every step."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator

from analysis.cells import cell_order
from analysis.drawing import legend, marks, style
from analysis.drawing.axes import power_axis
from analysis.drawing.build import make, over_seeds
from analysis.drawing.lines import banded_line
from analysis.result import LOGARITHM, Fact, Figure, Number, fact_key
from analysis.select import INITIALISER_ORDER, measured, ordered
from analysis.statistics.intervals import generator, mean_over_seeds

ID = "every-step"
MARKED_EVERY = 48.0
"""Lags between the markers of a line."""
STUDIES = ("every-step",)
METRICS = {"last": "log10_norm_h", "every": "log10_norm_every_h"}
"""Where the loss stands, and the metric of the gradient that it has."""

LABELS = ("x", "y", *(f"loss.{loss}" for loss in METRICS), "initialiser.torch", "initialiser.chrono")
FACTS = (
    "hidden_size", "seq_len", "seeds", "lag", "own",
    "lstm_torch_every_near", "lstm_torch_every_far", "lstm_torch_last_far",
    "lstm_chrono_every_far", "lstm_chrono_last_far", "gru_chrono_every_far",
)  # fmt: skip
"""Facts of a full run: <cell>_<initialiser>_<loss>_<near or far>, at lag 0 and at the longest `lag`; there are more.
`own` is the norm that a step's own loss has by itself."""


def build(frame: pd.DataFrame) -> Figure | None:
    """Median over seeds of log10 ||dL/dh|| at each lag, with the band of 95 % of them, for both losses."""
    rows = measured(frame, "every-step", list(METRICS.values()))
    if set(rows["metric"]) != set(METRICS.values()):
        return None
    rows = rows.rename(columns={"step": "lag"})
    rows["loss"] = rows["metric"].map({metric: loss for loss, metric in METRICS.items()})
    series = ["initialiser", "loss", "name", "lag"]
    data = over_seeds(rows, series, "value").sort_values(series)
    longest = rows["lag"].max()
    facts: dict[str, Fact] = {
        "hidden_size": float(rows["hidden_size"].iloc[0]),
        "seq_len": float(rows["seq_len"].iloc[0]),
        "seeds": rows["seed"].nunique(),
        "lag": float(longest),
        "own": Number(float(np.sqrt(rows["hidden_size"].iloc[0])), digits=2),
    }
    rng = generator(ID)
    ends = rows.loc[rows["lag"].isin([0.0, longest])]
    for (name, initialiser, loss, lag), part in ends.groupby(["name", "initialiser", "loss", "lag"]):
        key = fact_key(name, initialiser, loss, "far" if lag else "near")
        if loss == "every":
            facts[key] = mean_over_seeds(10.0 ** part["value"].to_numpy(), rng)
        else:
            facts[key] = Number(float(part["value"].median()), LOGARITHM)
    return make(ID, data, STUDIES, facts, seeds=rows["seed"].nunique())


def draw(data: pd.DataFrame, style_name: str, labels: Mapping[str, str]) -> Canvas:
    """Draw a row per initialiser and a column per loss, both with the same axis; a line per cell."""
    initialisers = ordered(data["initialiser"], INITIALISER_ORDER)
    names = ordered(data["name"], cell_order())
    rows, columns = len(initialisers), len(METRICS)
    with style.canvas(style_name, rows, columns, ratio=1.45 * columns / rows, sharex=True, sharey="row") as drawing:
        for row, initialiser in zip(drawing.panels, initialisers, strict=True):
            for axes, loss in zip(row, METRICS, strict=True):
                for name in sorted(names, key=lambda name: marks.cell_mark(name).line != "-"):
                    here = (data["initialiser"] == initialiser) & (data["loss"] == loss) & (data["name"] == name)
                    if here.any():
                        _line(axes, data.loc[here], names, name, drawing.look, f"series-{name}--{loss}-{initialiser}")
                axes.set_xlim(0, data["lag"].max())
                axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
                power_axis(axes)
            row[0].set_ylabel(style.word(labels, "initialiser", initialiser), fontweight="bold")
        for axes, loss in zip(drawing.panels[0], METRICS, strict=True):
            axes.set_title(style.word(labels, "loss", loss), loc="left")
        drawing.figure.supxlabel(labels["x"], fontsize=drawing.look.type_size)
        drawing.figure.supylabel(labels["y"], fontsize=drawing.look.type_size)
        drawing.legend(legend.cell_handles(names, labels, drawing.look))
    return drawing.figure


def _line(axes: Axes, part: pd.DataFrame, names: list[str], name: str, look: style.Look, gid: str) -> None:
    """Draw a cell's line so that one on top of it is seen: a full line is wide and lies below, the last is thin.

    Markers stand at even distances of the lag, at other lags for each cell.
    """
    mark = marks.cell_mark(name)
    width = 2.0 if mark.line == "-" else 1.2 if name == names[0] else 0.7
    lags = part["lag"].to_numpy()
    first = MARKED_EVERY * (names.index(name) + 0.5) / len(names)
    places = sorted({int(np.abs(lags - lag).argmin()) for lag in np.arange(first, lags.max(), MARKED_EVERY)})
    banded_line(axes, part, "lag", mark, gid, markevery=places, linewidth=width * look.line)
