"""Figure "input-reach": which inputs an output depends on, for one direction and for two."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FuncFormatter, MaxNLocator

from analysis.cells import cell_order
from analysis.drawing import legend, marks, style
from analysis.drawing.axes import power_axis, signed
from analysis.drawing.build import make, over_seeds
from analysis.result import Fact, Figure, Number
from analysis.select import measured, ordered

ID = "input-reach"
STUDIES = ("reach",)
LABELS = ("x", "y", "past", "future")
FACTS = ("seeds", "hidden_size", "zeros", "later", "back", "lstm_back", "bilstm_back", "bilstm_ahead")
"""`zeros` of `later`: derivatives by a later input that are exactly zero in one direction. `*_back`, `*_ahead`: what is
left `back` steps before and after the step of the input itself."""

BACK = 20
"""Steps at which the facts are taken."""


def build(frame: pd.DataFrame) -> Figure | None:
    """Median over seeds of log10 ||dL/dx_s||, over that at s = t, for a loss at the step t in the middle."""
    rows = measured(frame, "reach", "log10_reach")
    if rows.empty:
        return None
    now = rows.loc[rows["step"] == 0, ["name", "seed", "value"]].rename(columns={"value": "now"})
    curves = rows.merge(now, on=["name", "seed"])
    curves["offset"] = curves["step"]
    curves["log10_g"] = curves["value"] - curves.pop("now")
    data = over_seeds(curves, ["name", "offset"], "log10_g").sort_values(["name", "offset"])
    later = frame.loc[(frame["study"] == "reach") & (frame["merge"] == "none") & (frame["step"] > 0)]
    facts: dict[str, Fact] = {
        "seeds": rows["seed"].nunique(),
        "hidden_size": float(rows["hidden_size"].max()),
        "zeros": int((later["status"] == "zero").sum()),
        "later": len(later),
        "back": BACK,
    }
    for (name, offset), part in data.groupby(["name", "offset"]):
        if abs(offset) == BACK:
            facts[f"{name}_{'back' if offset < 0 else 'ahead'}"] = Number(
                10.0 ** float(part["median"].iloc[0]), digits=2
            )
    return make(ID, data, STUDIES, facts, seeds=rows["seed"].nunique())


def draw(data: pd.DataFrame, style_name: str, labels: Mapping[str, str]) -> Canvas:
    """One panel; what lies right of the middle is still to come when the output is made."""
    names = ordered(data["name"], cell_order())
    with style.canvas(style_name, 1, 1, ratio=2.1) as drawing:
        look = drawing.look
        axes = drawing.flat[0]
        first, last = float(data["offset"].min()), float(data["offset"].max())
        for name in names:
            part = data.loc[data["name"] == name]
            mark = marks.cell_mark(name)
            axes.fill_between(
                part["offset"], part["low"], part["high"], color=mark.color, alpha=0.2, linewidth=0,
                gid=f"series-{name}-band",
            )  # fmt: skip
            axes.plot(
                part["offset"], part["median"], color=mark.color, linestyle=mark.line, marker=mark.marker,
                markevery=(3 + 5 * names.index(name), 12), gid=f"series-{name}",
            )  # fmt: skip
        axes.axvline(0, color=look.ink, linewidth=look.line * 0.5, linestyle=marks.DOTS, zorder=1)
        top = float(data["high"].max())
        inset = 0.015 * (last - first)
        for place, key, side in ((first + inset, "past", "left"), (last - inset, "future", "right")):
            axes.text(place, top, labels[key], ha=side, va="top", fontweight="bold", color=look.ink)
        axes.set_xlim(min(first, -last), max(last, -first))
        axes.set_xlabel(labels["x"])
        axes.set_ylabel(labels["y"])
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.xaxis.set_major_formatter(FuncFormatter(signed))
        power_axis(axes)
        legend.beside(axes, legend.cell_handles(names, labels, look))
    return drawing.figure
