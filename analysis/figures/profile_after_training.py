"""Figure "profile-after-training": gradient profiles, and the gate that keeps, before, during and after training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator

from analysis.cells import known
from analysis.drawing import legend, marks, style
from analysis.drawing.arms import NARROW, arm_heading, in_order
from analysis.drawing.axes import power_axis
from analysis.drawing.build import make, over_seeds
from analysis.drawing.lines import banded_line
from analysis.readings.training_arms import rows_of
from analysis.readings.trainings import START_ORDER
from analysis.result import LOGARITHM, Fact, Figure, Number, fact_key

ID = "profile-after-training"
STUDIES = ("during-training",)
MOMENTS = ("before", "during", "after")
QUANTITIES = {"left": "log10_profile", "keep": "keep"}
LABELS = (
    "x.left", "x.keep", "y.left", "y.keep", "no_gate", *(f"moment.{moment}" for moment in MOMENTS),
    *(f"start.{name}" for name in START_ORDER),
)  # fmt: skip
ARMS = ("rnn_torch", "rnn_orthogonal", "lstm_torch", "lstm_torch_fb1", "gru_torch")
FACTS = (
    "seeds", "seq_len", "hidden_size",
    *(f"{arm}_left_{moment}" for arm in ARMS for moment in ("before", "after")),
    *(f"{arm}_keep_{moment}" for arm in ("lstm_torch", "lstm_torch_fb1", "gru_torch")
      for moment in ("before", "after")),
)  # fmt: skip
"""Facts of a full run: <arm>_left_<moment>, of the gradient at the longest lag; <arm>_keep_<moment>, mean over steps of
the gate that keeps the state. Medians over seeds."""

LINES: dict[str, tuple[str, Any]] = {"before": ("o", marks.DOTS), "during": ("s", (0, (5, 1.5))), "after": ("^", "-")}


def build(frame: pd.DataFrame) -> Figure | None:
    """Median over seeds with the band of 95 % of them: profiles relative to lag 0 along the lag, gates along time."""
    rows = rows_of(frame, "during-training", [f"{kind}_{moment}" for kind in QUANTITIES.values() for moment in MOMENTS])
    if rows.empty:
        return None
    rows["moment"] = rows["metric"].str.rpartition("_")[2]
    kinds = {metric: name for name, metric in QUANTITIES.items()}
    rows["quantity"] = rows["metric"].str.rpartition("_")[0].map(kinds)
    curve = ["name", "start", "quantity", "moment", "seed"]
    first = rows.loc[rows["step"] == 0].groupby(curve)["value"].first().rename("first")
    rows = rows.join(first, on=curve)
    rows["value"] -= rows["first"].where(rows["quantity"] == "left", 0.0)
    rows = rows.dropna(subset=["value"]).sort_values([*curve, "step"])
    data = over_seeds(rows, ["quantity", "name", "start", "moment", "step"], "value")
    facts: dict[str, Fact] = {
        "seeds": rows["seed"].nunique(),
        "seq_len": int(rows["seq_len"].max()),
        "hidden_size": int(rows["hidden_size"].max()),
    }
    for (quantity, name, start, moment), part in data.groupby(["quantity", "name", "start", "moment"]):
        key = fact_key(name, start, quantity, moment)
        if quantity == "left":
            facts[key] = Number(float(part.loc[part["step"].idxmax(), "median"]), LOGARITHM)
        else:
            facts[key] = Number(float(part["median"].mean()), decimals=2)
    return make(ID, data, STUDIES, facts, seeds=rows["seed"].nunique())


def draw(data: pd.DataFrame, style_name: str, labels: Mapping[str, str]) -> Canvas:
    """Draw a column per arm: its profiles at three moments above its gate at the same three."""
    arms = in_order(list(zip(data["name"], data["start"], strict=True)))
    with style.canvas(style_name, 2, len(arms), ratio=1.65, sharex="row", sharey="row") as drawing:
        look = drawing.look
        inside = look.slide and all(len(style.word(labels, "moment", moment)) <= NARROW for moment in LINES)
        for column, arm in zip(zip(*drawing.panels, strict=True), arms, strict=True):
            for axes, quantity in zip(column, QUANTITIES, strict=True):
                keep = (data["quantity"] == quantity) & (data["name"] == arm[0]) & (data["start"] == arm[1])
                _lines(axes, data.loc[keep], arm, quantity)
                axes.set_xlim(0, data.loc[data["quantity"] == quantity, "step"].max())
                axes.xaxis.set_major_locator(MaxNLocator(2, integer=True))
            arm_heading(column[0], arm, labels, look)
            column[1].set_ylim(0, 1)
            column[1].set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
            if known().find(arm[0]).keeps is None:
                if not inside:
                    column[1].text(
                        0.5, 0.5, labels["no_gate"], transform=column[1].transAxes, ha="center", va="center",
                        fontsize=look.small(0.9),
                    )  # fmt: skip
                column[1].set_axis_off()
        power_axis(drawing.panels[0][0])
        for row, quantity in zip(drawing.panels, QUANTITIES, strict=True):
            shown = [axes for axes in row if axes.axison]
            shown[0].set_ylabel(labels[f"y.{quantity}"])
            shown[0].tick_params(labelleft=True)
            shown[len(shown) // 2].set_xlabel(labels[f"x.{quantity}"])
        handles = []
        for moment, (marker, line) in LINES.items():
            handle = legend.entry(marks.Mark(look.ink, marker, line), style.word(labels, "moment", moment))
            handles.append(handle)
        if inside and not drawing.panels[1][0].axison:  # the room of a cell without a gate
            drawing.legend_in(drawing.panels[1][0], handles).set_in_layout(False)
        else:
            drawing.legend(handles)
    return drawing.figure


def _lines(axes: Axes, part: pd.DataFrame, arm: tuple[str, str], quantity: str) -> None:
    """Draw a line per moment in shades of the cell's colour, few markers on each."""
    shades = marks.tints(marks.cell_mark(arm[0]).color, len(MOMENTS))
    for place, (moment, shade) in enumerate(zip(MOMENTS, shades, strict=True)):
        one = part.loc[part["moment"] == moment].sort_values("step")
        if one.empty:
            continue
        marker, line = LINES[moment]
        every = (len(one) * (place + 1) // 4, max(2, len(one) // 2))
        gid = f"series-{arm[0]}--{quantity}-{arm[1]}-{moment}"
        banded_line(axes, one, "step", marks.Mark(shade, marker, line), gid, markevery=every)
