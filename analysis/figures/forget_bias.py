"""Figure "forget-bias": what a forget bias leaves of the gradient, on the cell path alone and in total."""

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
LABELS = ("x", "y", "path.forget-path", "path.total", "bias", "threshold")
"""`bias` names the legend of the forget biases."""

FACTS = ("lag", "seeds", "hidden_size", "total_0", "path_0", "total_1", "path_1", "total_5", "path_5", "half_life_0")
"""Facts of a full run: {total, path, gate, half_life}_<bias>, with "m2" for -2: what is left at the longest lag."""

FLOOR = -40.0
"""Decades below this are cut: float32 has lost them."""
THRESHOLD = -3.0
METRICS = {"forget-path": "log10_forget_path", "total": "log10_norm_c"}


def build(frame: pd.DataFrame) -> Figure | None:
    """Median over seeds of log10 ∏f and of log10 of the total dL/dc, against the lag, per forget bias."""
    parts, kept = [], []
    for path, metric in METRICS.items():
        curves = gradient_curves(frame, "forget-bias", metric)
        curves = curves.loc[curves["name"] == "lstm"]
        if curves.empty:
            continue
        size = main_level(curves, "hidden_size", ("initialiser_value", "seed"))
        curves = curves.loc[curves["hidden_size"] == size]
        kept.append(curves)
        parts.append(over_seeds(curves, ["initialiser_value", "lag"], "log10_g").assign(path=path))
    if not parts:
        return None
    data = pd.concat(parts, ignore_index=True).rename(columns={"initialiser_value": "forget_bias"})
    data = data.loc[:, ["path", "forget_bias", "lag", "median", "low", "high", "seeds"]]
    facts: dict[str, Fact] = {
        "lag": float(data["lag"].max()),
        "seeds": kept[0]["seed"].nunique(),
        "hidden_size": float(kept[0]["hidden_size"].iloc[0]),
    }
    for (path, bias), part in data.groupby(["path", "forget_bias"]):
        key = fact_key(bias)
        name = "total" if path == "total" else "path"
        facts[f"{name}_{key}"] = Number(float(part.loc[part["lag"].idxmax(), "median"]), LOGARITHM)
        facts[f"gate_{key}"] = Number(sigmoid(float(bias)), digits=3)
    for curves, path in zip(kept, METRICS, strict=False):
        for bias, slope in slopes(curves).groupby("initialiser_value")["slope10"].median().items():
            key = fact_key(bias)
            name = "half_life" if path == "total" else "path_half_life"
            facts[f"{name}_{key}"] = Number(half_life(float(slope)), digits=3)
    return make(ID, data, STUDIES, facts, seeds=kept[0]["seed"].nunique())


def draw(data: pd.DataFrame, style_name: str, labels: Mapping[str, str]) -> Canvas:
    """Two panels with the same axes; light to dark is a small to a large bias, written at the end of its line."""
    paths = [path for path in METRICS if path in set(data["path"])]
    biases = sorted(set(data["forget_bias"]))
    colors = marks.shades(biases)
    with style.canvas(style_name, 1, len(paths), ratio=1.0 * len(paths), sharex=True, sharey=True) as drawing:
        look = drawing.look
        end = float(data["lag"].max())
        floor = max(FLOOR, float(data["low"].min()) - 1)
        for axes, path in zip(drawing.flat, paths, strict=True):
            for bias in biases:
                part = data.loc[(data["path"] == path) & (data["forget_bias"] == bias)]
                mark = marks.Mark(colors[bias], marks.MARKERS[biases.index(bias)], "-")
                banded_line(axes, part, "lag", mark, f"series-bias{bias:g}--{path}", shade=0.25, markevery=(2, 3))
            axes.axhline(THRESHOLD, color=look.ink, linewidth=look.line * 0.5, linestyle=marks.DOTS, zorder=1)
            axes.set_title(style.word(labels, "path", path), loc="left")
            axes.set_xlabel(labels["x"])
            axes.set_xlim(0, end)
            axes.set_ylim(floor, max(1.5, float(data["high"].max()) + 0.5))
            axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
            power_axis(axes)
        drawing.flat[0].set_ylabel(labels["y"])
        handles = legend.shade_entries(colors, {bias: signed(bias) for bias in biases})
        handles.insert(0, legend.rule(look, labels["threshold"]))
        legend.beside(drawing.flat[-1], handles[::-1], labels["bias"])
    return drawing.figure
