"""Figure "mean-field": the growth rate of a tanh RNN's gradient beside its theory for many units, and for N of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator
from scipy.optimize import brentq

from analysis.drawing import legend, marks, style
from analysis.drawing.axes import signed, size_axis, thousands
from analysis.drawing.build import interval_over_seeds, make
from analysis.result import Estimate, Fact, Figure, Number
from analysis.select import measured
from analysis.statistics.fits import BURN_IN, FIRST_LAG, profiles, slopes
from analysis.statistics.intervals import generator
from analysis.theory.closed_forms import finite_size_exponent, mean_field
from analysis.theory.common_input import critical_gain_of

ID = "mean-field"
STUDIES = ("mean-field",)
LABELS = (
    "x.gain",
    "x.size",
    "y",
    "silent",
    "driven",
    "at_gain",
    "vanishes",
    "explodes",
    "measured",
    "kind.finite-size",
    "kind.limit",
)
"""`at_gain`, the title of a panel, has the placeholders {gain} and {input}; `measured`, of the legend, {input}."""

FACTS = (
    "seeds",
    "few_seeds",
    "hidden_size",
    "smallest_hidden_size",
    "seq_len",
    "burn_in",
    "driven_error",
    "crossing",
    "crossing_common",
    "calm",
    "calm_of",
    *(f"{name}_{part}" for name in ("quiet", "edge", "silent", "driven") for part in ("gain", "limit", "large")),
    *(f"{name}_{part}" for name in ("silent", "driven") for part in ("small", "small_finite", "large_finite")),
    "edge_large_finite",
)
"""Facts of a full run. Points at the largest and the smallest H: `quiet` is the largest gain below one and `edge` the
smallest above, both without input; `silent` and `driven` are those of the largest rate whose size is varied. `calm` of
the `calm_of` smallest networks of `silent` have a rate below zero."""

INPUTS = {0.0: marks.Mark(marks.OKABE_ITO["orange"], "s", "-"), 1.0: marks.Mark(marks.OKABE_ITO["purple"], "o", "-")}
"""Colour and marker by input scale."""
OTHER = marks.Mark(marks.OKABE_ITO["sky"], "^", "-")
DASH = (0, (3, 1.6))
TICKS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
POINT = ["gain", "input_scale"]


def build(frame: pd.DataFrame) -> Figure | None:
    """Mean λ1 over seeds with its interval, nats per step, and the theory over the gains and sizes between."""
    found = _exponents(frame)
    if found.empty:
        return None
    points = interval_over_seeds(found, [*POINT, "hidden_size"], "value", generator(ID)).sort_values(
        [*POINT, "hidden_size"], ignore_index=True
    )
    sizes = sorted(set(points["hidden_size"]))
    low, high = points["gain"].min() / 1.3, points["gain"].max() * 1.3
    # without input the theory has a kink at one; the measured gains give the level lines
    gains = np.unique(np.concatenate([np.geomspace(low, high, 61), [1.0], points["gain"]]))
    limit = [
        (gain, scale, math.nan, mean_field(gain, scale**2).exponent)
        for scale in sorted(set(points["input_scale"]))
        for gain in gains
    ]
    finite = [
        (gain, scale, size, finite_size_exponent(gain, scale**2, round(size)))
        for gain, scale in _swept(points)
        for size in np.unique(np.rint(np.geomspace(sizes[0], sizes[-1], 25)))
    ]
    names = [*POINT, "hidden_size", "value"]
    kinds = {"measured": points, "finite-size": pd.DataFrame(finite, columns=names)}
    kinds["limit"] = pd.DataFrame(limit, columns=names)
    data = pd.concat([part.assign(kind=kind) for kind, part in kinds.items()], ignore_index=True)
    data = data.loc[:, ["kind", *names, "low", "high", "n"]]
    facts = _facts(points, found)
    data[["low", "high"]] = data[["low", "high"]].where(np.isfinite(data[["low", "high"]]))
    return make(ID, data, STUDIES, facts, seeds=found["seed"].nunique())


def _exponents(frame: pd.DataFrame) -> pd.DataFrame:
    """λ1 = slope10 · ln 10 per seed, over lags from `FIRST_LAG` to `BURN_IN` steps before the longest."""
    curves = profiles(measured(frame, "mean-field", "log10_norm_h"), relative=False)
    found = slopes(curves.loc[curves["lag"] <= curves["seq_len"] - BURN_IN], FIRST_LAG)
    found["value"] = found["slope10"] * math.log(10)
    return found.rename(columns={"initialiser_value": "gain"})


def _swept(points: pd.DataFrame) -> list[tuple[float, float]]:
    """(gain, input scale) measured at more than one hidden size, from the largest exponent down."""
    counts = points.groupby(POINT)["hidden_size"].nunique()
    chosen = [(float(gain), float(scale)) for gain, scale in counts[counts > 1].index]
    return sorted(chosen, key=lambda point: -mean_field(point[0], point[1] ** 2).exponent)


def _facts(points: pd.DataFrame, found: pd.DataFrame) -> dict[str, Fact]:
    smallest = points["hidden_size"].min()
    largest = points["hidden_size"].max()
    large = points.loc[points["hidden_size"] == largest]
    silent, driven = large.loc[large["input_scale"] == 0], large.loc[large["input_scale"] > 0]
    facts: dict[str, Fact] = {
        "seeds": found["seed"].nunique(),
        "few_seeds": int(large["n"].min()),
        "hidden_size": float(largest),
        "smallest_hidden_size": float(smallest),
        "seq_len": float(found["seq_len"].max()),
        "burn_in": BURN_IN,
    }
    swept = _swept(points)
    named = {
        "quiet": [(gain, 0.0) for gain in sorted(silent.loc[silent["gain"] < 1, "gain"], reverse=True)],
        "edge": [(gain, 0.0) for gain in sorted(silent.loc[silent["gain"] > 1, "gain"])],
        "silent": [point for point in swept if point[1] == 0],
        "driven": [point for point in swept if point[1] > 0],
    }
    for name, chosen in named.items():
        if chosen:
            gain, scale = chosen[0]
            facts[f"{name}_gain"] = gain
            facts[f"{name}_limit"] = Number(mean_field(gain, scale**2).exponent, digits=2)
            here = _at(points, gain, scale)
            for size, row in (("small", here.iloc[0]), ("large", here.iloc[-1])):
                estimate = Estimate(row["value"], row["low"], row["high"], "nats per step", int(row["n"]))
                facts[f"{name}_{size}"] = estimate
                finite = finite_size_exponent(gain, scale**2, round(row["hidden_size"]))
                facts[f"{name}_{size}_finite"] = Number(finite, digits=2)
    if named["silent"]:
        small = _at(found, *named["silent"][0])
        small = small.loc[small["hidden_size"] == small["hidden_size"].min(), "value"]
        facts |= {"calm": int((small < 0).sum()), "calm_of": len(small)}
    if not driven.empty:
        theory = [finite_size_exponent(g, s**2, round(h)) for g, s, h in driven[[*POINT, "hidden_size"]].to_numpy()]
        facts["driven_error"] = Number(float((driven["value"] - theory).abs().max()), digits=2)
        scale = float(driven["input_scale"].max())
        facts["crossing"] = Number(_crossing(scale), digits=3)
        facts["crossing_common"] = Number(critical_gain_of(scale), digits=3)
    return facts


def _crossing(scale: float) -> float:
    """Gain at which λ1 of the theory is zero, under an input of this scale."""
    return float(brentq(lambda gain: mean_field(gain, scale**2).exponent, 0.5, 100.0))


def draw(data: pd.DataFrame, style_name: str, labels: Mapping[str, str]) -> Canvas:
    """Left: over the gain at the largest size. Right: over the size, a panel per point, all with the same span."""
    points, finite, limit = (data.loc[data["kind"] == kind] for kind in ("measured", "finite-size", "limit"))
    swept = list(dict.fromkeys(finite[POINT].itertuples(index=False, name=None)))
    with style.canvas(style_name, max(1, len(swept)), 2, ratio=1.5) as drawing:
        look = drawing.look
        left = _merged(drawing)
        for scale, curve in limit.groupby("input_scale"):
            mark = INPUTS.get(float(str(scale)), OTHER)
            here = points.loc[points["input_scale"] == scale]
            left.plot(curve["gain"], curve["value"], color=mark.color, gid=f"series-s{scale:g}")
            _points(left, here.loc[here["hidden_size"] == points["hidden_size"].max()], "gain", mark, look)
        _gain_axis(left, limit["gain"], look)
        left.set_xlabel(labels["x.gain"])
        left.set_ylabel(labels["y"])
        for side, place, lean in (("explodes", 0.02, "bottom"), ("vanishes", -0.03, "top")):
            left.text(float(limit["gain"].min()) * 1.04, place, labels[side], va=lean, fontweight="bold")
        parts = [tuple(_at(rows, *point) for rows in (points, finite, limit)) for point in swept]
        span = max((_ends(*part)[1] - _ends(*part)[0] for part in parts), default=1.0)
        strips = [row[1] for row in drawing.panels]
        for axes, (gain, scale), (here, curve, level) in zip(strips, swept, parts, strict=False):
            mark = INPUTS.get(scale, OTHER)
            axes.axhline(float(level["value"].iloc[0]), color=mark.color, zorder=1.5)
            axes.plot(
                curve["hidden_size"],
                curve["value"],
                color=mark.color,
                linestyle=DASH,
                gid=f"series-n{gain:g}--s{scale:g}",
            )
            _points(axes, here, "hidden_size", mark, look)
            low, high = _ends(here, curve, level)
            axes.set_ylim((low + high - 1.2 * span) / 2, (low + high + 1.2 * span) / 2)
            axes.axhline(0, color=look.ink, linewidth=look.line * 0.6, zorder=1)
            words = labels["silent"] if scale == 0 else labels["driven"]
            axes.set_title(labels["at_gain"].format(gain=f"{gain:g}", input=words), loc="left")
            _strip_axes(axes, sorted(set(points["hidden_size"])), axes is strips[-1])
        strips[-1].set_xlabel(labels["x.size"])
        drawing.legend(_handles(sorted(set(limit["input_scale"])), labels, look), columns=2)
    return drawing.figure


def _merged(drawing: style.Drawing) -> Axes:
    """Put one panel in the place of all those at the left."""
    grid = drawing.panels[0][0].get_gridspec()
    for row in drawing.panels:
        row[0].remove()
    return drawing.figure.add_subplot(grid[:, 0])  # type: ignore[index]


def _at(rows: pd.DataFrame, gain: float, scale: float) -> pd.DataFrame:
    return rows.loc[(rows["gain"] == gain) & (rows["input_scale"] == scale)]


def _ends(*shown: pd.DataFrame) -> tuple[float, float]:
    """Lowest and highest value or end of an interval that a panel shows."""
    values = pd.concat([rows[["value", "low", "high"]] for rows in shown])
    return float(values.min().min()), float(values.max().max())


def _points(axes: Axes, here: pd.DataFrame, x: str, mark: marks.Mark, look: style.Look) -> None:
    axes.vlines(here[x], here["low"], here["high"], color=mark.color, linewidth=look.line * 0.9, zorder=2.5)
    axes.plot(
        here[x], here["value"], color=mark.color, marker=mark.marker, linestyle="none", zorder=3,
        markersize=look.marker * 1.35, markeredgecolor=look.ink, markeredgewidth=look.line * 0.35,
    )  # fmt: skip


def _gain_axis(axes: Axes, gains: pd.Series, look: style.Look) -> None:
    axes.set_xscale("log")
    axes.set_xlim(float(gains.min()), float(gains.max()))
    axes.xaxis.set_major_locator(FixedLocator([gain for gain in TICKS if gains.min() <= gain <= gains.max()]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(thousands))
    axes.yaxis.set_major_formatter(FuncFormatter(signed))
    axes.axhline(0, color=look.ink, linewidth=look.line * 0.6, zorder=1)


def _strip_axes(axes: Axes, sizes: Sequence[float], labelled: bool) -> None:
    size_axis(axes, sizes, grid=True)
    axes.set_xlim(sizes[0] / 1.25, sizes[-1] * 1.25)
    axes.tick_params(labelbottom=labelled)
    axes.yaxis.set_major_locator(MaxNLocator(3))
    axes.yaxis.set_major_formatter(FuncFormatter(signed))


def _handles(scales: Sequence[float], labels: Mapping[str, str], look: style.Look) -> list[Any]:
    handles: list[Any] = []
    for scale in scales:
        mark = INPUTS.get(scale, OTHER)
        handles.append(
            Line2D(
                [], [], color=mark.color, marker=mark.marker, linestyle="none", markersize=look.marker * 1.35,
                markeredgecolor=look.ink, markeredgewidth=look.line * 0.35,
                label=labels["measured"].format(input=labels["driven" if scale else "silent"]),
            )
        )  # fmt: skip
    handles.append(legend.rule(look, labels["kind.limit"], dash="-", width=1.0))
    handles.append(legend.rule(look, labels["kind.finite-size"], dash=DASH, width=1.0))
    return handles
