"""Figure "activations": σ and tanh as the kernels compute them, with the lecture's worked values."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FuncFormatter

from analysis.drawing import marks, style
from analysis.drawing.axes import signed
from analysis.drawing.build import make
from analysis.readings.activation_values import LECTURE_X, activation_values, argument_key, saturation
from analysis.result import Figure

ID = "activations"
STUDIES = ("activations",)
LABELS = ("x", "sigmoid", "tanh")
FACTS = (
    "sigmoid_at_5", "sigmoid_at_0_1", "sigmoid_at_minus_0_5", "tanh_at_5", "tanh_at_0_1", "tanh_at_minus_0_5",
    "float32_sigmoid_is_one_from",
)  # fmt: skip

REACH = 6.0
"""The figure shows |x| up to this; beyond it both curves are flat."""
LEVELS = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0)}


def build(frame: pd.DataFrame) -> Figure | None:
    """Values of both activations in float64; `worked` marks the lecture's arguments."""
    parts = []
    facts = {}
    for metric in LEVELS:
        values = activation_values(frame, metric)
        values = values.loc[values.index.to_series().abs() <= REACH]
        if values.empty:
            continue
        part = values.rename("value").rename_axis("x").reset_index()
        parts.append(part.assign(activation=metric, worked=part["x"].isin(LECTURE_X)))
        for x in LECTURE_X:
            if x in values.index:
                facts[f"{metric}_{argument_key(x)}"] = float(values[x])
    if not parts:
        return None
    single = activation_values(frame, "sigmoid", "float32")
    if not single.empty and not math.isnan(saturation(single)):
        facts["float32_sigmoid_is_one_from"] = saturation(single)
    data = pd.concat(parts, ignore_index=True).loc[:, ["activation", "x", "value", "worked"]]
    return make(ID, data, STUDIES, facts)


def draw(data: pd.DataFrame, style_name: str, labels: Mapping[str, str]) -> Canvas:
    """Two panels; the lecture's arguments are points with their values beside them."""
    shown = [name for name in LEVELS if name in set(data["activation"])]
    with style.canvas(style_name, 1, len(shown), ratio=1.15 * len(shown), sharex=True) as drawing:
        look = drawing.look
        for axes, name in zip(drawing.flat, shown, strict=True):
            part = data.loc[data["activation"] == name]
            color = marks.OKABE_ITO["blue" if name == "sigmoid" else "vermillion"]
            for level in LEVELS[name]:
                axes.axhline(level, color=look.ink, linewidth=look.line * 0.5, linestyle=marks.DOTS, zorder=1)
            axes.plot(part["x"], part["value"], color=color, linewidth=look.line * 1.3, gid=f"series-{name}")
            worked = part.loc[part["worked"]]
            axes.plot(
                worked["x"], worked["value"], linestyle="none", marker="o", markersize=look.marker * 1.7,
                color=color, markeredgecolor=look.ink, markeredgewidth=look.line * 0.6, zorder=5,
            )  # fmt: skip
            for row in worked.itertuples():
                side = {5.0: (0, -1.4), 0.1: (1, -0.35), -0.5: (-1, 0.35)}[row.x]
                axes.annotate(
                    f"{row.value:.4f}".replace("-", "−"),
                    (row.x, row.value),
                    xytext=(side[0] * look.type_size * 0.9, side[1] * look.type_size),
                    textcoords="offset points",
                    ha={0: "center", 1: "left", -1: "right"}[side[0]],
                    va="center",
                    fontsize=look.type_size,
                )
            axes.set_title(labels[name], loc="left")
            axes.set_xlabel(labels["x"])
            axes.set_xticks([-5, 0, 5], ["−5", "0", "5"])
            low, high = LEVELS[name]
            axes.set_yticks([low, (low + high) / 2, high])
            axes.yaxis.set_major_formatter(FuncFormatter(signed))
            axes.set_xlim(-REACH, REACH)
            axes.margins(y=0.08)
            axes.grid(False, axis="y")
    return drawing.figure
