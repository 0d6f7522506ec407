"""Figure "gradient-while-learning": the gradient that reaches the first step, above the error, along a training."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FuncFormatter, MaxNLocator

from analysis.drawing import marks, style
from analysis.drawing.arms import arm_heading, in_order
from analysis.drawing.axes import power_axis, thousands
from analysis.drawing.build import make
from analysis.drawing.marks import cell_mark
from analysis.readings.training_arms import rows_of
from analysis.readings.trainings import START_ORDER, carried_on
from analysis.result import LOGARITHM, Fact, Figure, Number, fact_key
from analysis.statistics.intervals import exact

ID = "gradient-while-learning"
STUDIES = ("during-training",)
QUANTITIES = {"left": "log10_left_at", "error": "test_mse"}
LABELS = ("x", *(f"y.{name}" for name in QUANTITIES), *(f"start.{name}" for name in START_ORDER))
ARMS = ("rnn_torch", "rnn_orthogonal", "lstm_torch", "lstm_torch_fb1", "gru_torch")
FACTS = (
    "seeds", "seq_len", "hidden_size", "arrived", "guess",
    *(f"{arm}_{part}" for arm in ARMS for part in ("left_start", "left_end", "error_start", "error_end")),
    *(f"{arm}_{part}" for arm in ("lstm_torch", "lstm_torch_fb1", "gru_torch") for part in ("arrives", "falls")),
)  # fmt: skip
"""Facts of a full run: medians over seeds at the first and the last test; <arm>_arrives, the first test at which more
than `arrived` of the gradient is left and that stays so; <arm>_falls, that at which the error is below half of the
`guess`. Both only where most networks come so far."""

ARRIVED = -3.0
"""log10 of the share of a gradient that counts as arrived, as a horizon counts it as lost."""
CURVE = ["name", "start", "seed"]


def build(frame: pd.DataFrame) -> Figure | None:
    """Both quantities of each training at each test, and their medians over seeds."""
    rows = rows_of(frame, "during-training", list(QUANTITIES.values()))
    if set(rows["metric"]) != set(QUANTITIES.values()):
        return None
    rows["quantity"] = rows["metric"].map({metric: name for name, metric in QUANTITIES.items()})
    data = rows.loc[:, ["quantity", *CURVE, "step", "value"]].sort_values(["quantity", *CURVE, "step"])
    guess = rows_of(frame, "during-training", "baseline_loss")["value"]
    start = data.loc[(data["quantity"] == "error") & (data["step"] == data["step"].min()), "value"]
    level = float(guess.median()) if len(guess) else float(start.median())
    facts: dict[str, Fact] = {
        "seeds": data["seed"].nunique(),
        "seq_len": int(rows["seq_len"].max()),
        "hidden_size": int(rows["hidden_size"].max()),
        "arrived": Number(ARRIVED, LOGARITHM),
        "guess": Number(level, digits=2),
    }
    for (name, start), part in data.groupby(["name", "start"]):
        key = fact_key(name, start)
        for quantity, curves in part.groupby("quantity"):
            one = carried_on(curves, ["seed"])
            for word, at in (("start", one["step"].min()), ("end", one["step"].max())):
                middle = float(one.loc[one["step"] == at, "value"].median())
                number = Number(middle, LOGARITHM) if quantity == "left" else Number(middle, digits=2)
                facts[f"{key}_{quantity}_{word}"] = number
        for word, quantity, met in (("arrives", "left", _above), ("falls", "error", _below(level / 2))):
            steps = [_first(one, met) for _, one in part.loc[part["quantity"] == quantity].groupby("seed")]
            if math.isfinite(middle := float(np.median(steps))):
                facts[f"{key}_{word}"] = exact(middle, "steps", len(steps))
    return make(ID, data, STUDIES, facts, seeds=data["seed"].nunique())


def _above(values: pd.Series) -> pd.Series:
    return values > ARRIVED


def _below(limit: float):  # type: ignore[no-untyped-def]
    return lambda values: values < limit


def _first(curve: pd.DataFrame, met) -> float:  # type: ignore[no-untyped-def]
    """First step from which on a condition is met at every test; infinite where it is not at the last one."""
    held = met(curve["value"])[::-1].cummin()[::-1]
    return float(curve.loc[held, "step"].min()) if held.any() else math.inf


def draw(data: pd.DataFrame, style_name: str, labels: Mapping[str, str]) -> Canvas:
    """Draw a column per arm, the gradient above the error: a thin line per network, a thick one for their median."""
    arms = in_order(list(zip(data["name"], data["start"], strict=True)))
    # the error of networks as they are drawn may be far above that of a guess, and would flatten all else
    after = data.loc[(data["quantity"] == "error") & (data["step"] > data["step"].min()), "value"]
    with style.canvas(style_name, 2, len(arms), ratio=1.9, sharex=True, sharey="row") as drawing:
        look = drawing.look
        for column, arm in zip(zip(*drawing.panels, strict=True), arms, strict=True):
            for axes, quantity in zip(column, QUANTITIES, strict=True):
                keep = (data["quantity"] == quantity) & (data["name"] == arm[0]) & (data["start"] == arm[1])
                _curves(axes, data.loc[keep], arm, quantity, look)
            arm_heading(column[0], arm, labels, look)
            column[1].set_xlim(0, data["step"].max())
            column[1].set_ylim(0, 1.3 * float(after.max()))
            column[1].xaxis.set_major_locator(MaxNLocator(2, integer=True))
            column[1].xaxis.set_major_formatter(FuncFormatter(thousands))
        first = [row[0] for row in drawing.panels]
        power_axis(first[0])
        for axes, quantity in zip(first, QUANTITIES, strict=True):
            axes.set_ylabel(labels[f"y.{quantity}"])
        for axes in drawing.panels[0]:
            axes.axhline(ARRIVED, color=look.ink, linewidth=look.line * 0.5, linestyle=marks.DOTS, zorder=1)
        drawing.figure.supxlabel(labels["x"], fontsize=look.type_size)
    return drawing.figure


def _curves(axes: Axes, part: pd.DataFrame, arm: tuple[str, str], quantity: str, look: style.Look) -> None:
    color = cell_mark(arm[0]).color
    for _, one in part.groupby("seed"):
        axes.plot(one["step"], one["value"], color=color, linewidth=look.line * 0.45, alpha=0.55)
    middle = carried_on(part, ["seed"]).groupby("step")["value"].median()
    axes.plot(
        middle.index, middle, color=color, linewidth=look.line * 1.25, gid=f"series-{arm[0]}--{quantity}-{arm[1]}"
    )
