"""Figure "truncated": the share of the weights' gradient that a window of steps cuts off."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FixedFormatter, FixedLocator

from analysis.cells import cell_order
from analysis.drawing import legend, marks, style
from analysis.drawing.axes import power, size_axis
from analysis.drawing.build import make, over_seeds
from analysis.result import Fact, Figure, Number, fact_key
from analysis.select import INITIALISER_ORDER, measured, ordered

ID = "truncated"
STUDIES = ("truncated",)
LABELS = ("x", "y", "nothing", *(f"initialiser.{name}" for name in INITIALISER_ORDER))
FACTS = (
    "hidden_size", "seq_len", "seeds", "short", "wide",
    "lstm_torch_short", "lstm_torch_wide", "lstm_torch_fb1_short", "lstm_torch_size", "lstm_torch_short_size",
    "lstm_chrono_short", "lstm_chrono_wide", "rnn_torch_short", "gru_torch_short",
)  # fmt: skip
"""Facts of a full run: <cell>_<initialiser>_<short or wide>, the share that is cut off by a window of `short` steps and
by the widest that is no whole sequence; <...>_size, norm of the whole gradient, <...>_short_size, of the window's."""

SHORT = 20.0
"""A window that many tutorials take."""
DEEP = 1e-10
"""A panel that does not get so far has an axis of its own."""
TICKS = (1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01)
"""Shares at the ticks of a panel that has no more than two decades; a panel of more has ticks at powers of ten."""


def build(frame: pd.DataFrame) -> Figure | None:
    """Median over seeds of the share that is cut off, with the band of 95 % of them; exactly 0 is a number here."""
    rows = frame.loc[(frame["study"] == "truncated") & (frame["metric"] == "log10_cut_off")]
    rows = rows.loc[rows["status"].isin(["ok", "zero"])].rename(columns={"cell": "name", "step": "window"})
    if rows.empty:
        return None
    rows["share"] = (10.0 ** rows["value"].astype(float)).where(rows["status"] == "ok", 0.0)
    series = ["initialiser", "name", "window"]
    data = over_seeds(rows, series, "share").sort_values(series)
    wide = rows.loc[rows["window"] < rows["seq_len"], "window"].max()
    facts: dict[str, Fact] = {
        "hidden_size": float(rows["hidden_size"].iloc[0]),
        "seq_len": float(rows["seq_len"].iloc[0]),
        "seeds": rows["seed"].nunique(),
        "short": SHORT,
        "wide": float(wide),
    }
    for window, word in ((SHORT, "short"), (wide, "wide")):
        for row in data.loc[data["window"] == window].itertuples():
            facts[fact_key(row.name, row.initialiser, word)] = Number(row.median, digits=2)
    sizes = measured(frame, "truncated", "log10_weight_gradient")
    for (name, initialiser, window), part in sizes.groupby(["name", "initialiser", "step"]):
        if window in (SHORT, part["seq_len"].iloc[0]):
            key = fact_key(name, initialiser, *(["short"] if window == SHORT else []), "size")
            facts[key] = Number(10.0 ** float(part["value"].median()), digits=2)
    return make(ID, data, STUDIES, facts, seeds=rows["seed"].nunique())


def draw(data: pd.DataFrame, style_name: str, labels: Mapping[str, str]) -> Canvas:
    """One panel per initialiser, one line per cell; what is exactly 0 stands apart.

    Panels that reach below `DEEP` have one axis; what the others show would be a line at the top of it.
    """
    initialisers = ordered(data["initialiser"], INITIALISER_ORDER)
    names = ordered(data["name"], cell_order())
    columns = min(3, len(initialisers) + 1)
    rows = -(-(len(initialisers) + 1) // columns)
    least = float(data.loc[data["low"] > 0, "low"].min())
    with style.canvas(style_name, rows, columns, ratio=columns * 1.12 / rows, sharex=True) as drawing:
        look = drawing.look
        for axes, initialiser in zip(drawing.flat, initialisers, strict=False):
            here = data.loc[data["initialiser"] == initialiser]
            own = float(here.loc[here["low"] > 0, "low"].min())
            at_zero, edge = _share_axis(axes, least if own < DEEP else own, float(here["high"].max()), look.slide)
            for name in names:
                part = here.loc[here["name"] == name]
                if not part.empty:
                    _line(axes, part, name, initialiser, at_zero)
            axes.axhline(edge, color=look.ink, linewidth=look.line * 0.5, linestyle=marks.DOTS)
            axes.set_title(style.word(labels, "initialiser", initialiser), loc="left")
            size_axis(axes, sorted(set(data["window"])))
            axes.tick_params(labelbottom=True)
        drawing.figure.supxlabel(labels["x"], fontsize=look.type_size)
        drawing.figure.supylabel(labels["y"], fontsize=look.type_size)
        handles = [*legend.cell_handles(names, labels, look), legend.rule(look, labels["nothing"])]
        drawing.legend_in(drawing.flat[len(initialisers)], handles)
        for axes in drawing.flat[len(initialisers) + 1 :]:
            axes.axis("off")
    return drawing.figure


def _share_axis(axes: Axes, least: float, most: float, few: bool) -> tuple[float, float]:
    """Make y, of log10, an axis of the shares, with a place for 0 apart; return that place and its upper edge.

    A share may be above 1: what is left out and what is kept can point in opposite directions. `few` asks for half as
    many ticks.
    """
    shares = [share for share in TICKS if share > least]
    if len(shares) < len(TICKS):
        places = {float(np.log10(share)): f"{share:g}" for share in TICKS[: max(2, len(shares) + 1)]}
    else:
        step = (5 if least < DEEP else 2) * (2 if few else 1)
        places = {float(at): power(float(at)) for at in np.arange(0, np.log10(least) - step, -step)}
    bottom = min(places)
    room = -bottom / 5
    axes.yaxis.set_major_locator(FixedLocator([bottom - room, *places]))
    axes.yaxis.set_major_formatter(FixedFormatter(["0", *places.values()]))
    axes.set_ylim(bottom - 1.4 * room, max(0.4 * room, float(np.log10(max(most, 1.0))) + 0.2 * room))
    return bottom - room, bottom - room / 2


def _line(axes: Axes, part: pd.DataFrame, name: str, initialiser: str, at_zero: float) -> None:
    """Draw what has a logarithm as a line, and what is exactly 0 as open markers that no line leads to."""
    mark, gid = marks.cell_mark(name), f"series-{name}--{initialiser}"
    some, nothing = part.loc[part["low"] > 0], part.loc[part["median"] == 0]
    axes.fill_between(some["window"], np.log10(some["low"]), np.log10(some["high"]), color=mark.color, alpha=0.2, lw=0)
    axes.plot(
        some["window"], np.log10(some["median"]), color=mark.color, linestyle=mark.line, marker=mark.marker, gid=gid
    )
    axes.plot(
        nothing["window"], [at_zero] * len(nothing), color=mark.color, linestyle="none", marker=mark.marker,
        markerfacecolor="none", gid=f"{gid}-zero",
    )  # fmt: skip
