"""Figure "phase-diagram": where gradients vanish and where they explode, over the gain and what stands against it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import patheffects
from matplotlib.colors import FuncNorm, Normalize
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter

from analysis.cells import known
from analysis.drawing import style
from analysis.drawing.axes import signed
from analysis.drawing.build import interval_over_seeds, make
from analysis.figures.peer_ratio import COLORS
from analysis.readings.gradient_curves import handed_on
from analysis.result import Estimate, Fact, Figure, Number, fact_key
from analysis.select import measured, ordered
from analysis.statistics.fits import slopes
from analysis.statistics.intervals import bca, generator
from analysis.theory.closed_forms import FloatArray, critical_gain
from analysis.theory.common_input import critical_gain_of

ID = "phase-diagram"
STUDIES = ("gain",)
QUOTED = ("rnn", "lstm", "gru")
"""Cells whose facts the prose quotes, and that have a label of their own for the axis."""
LABELS = (
    "y",
    "bar",
    "vanishes",
    "explodes",
    "boundary",
    "silent",
    "theory",
    "x",
    *(f"x.{name}" for name in QUOTED),
)
FACTS = (
    "seeds",
    "few_seeds",
    "hidden_size",
    "seq_len",
    "smallest_gain",
    "largest_gain",
    *(f"{name}_least" for name in QUOTED),
    *(f"{name}_most" for name in QUOTED),
    *(f"rnn_{part}_{key}" for part in ("critical", "theory") for key in (0, 1)),
    *(f"{name}_{part}_0" for part in ("critical", "silent", "theory") for name in ("lstm", "gru")),
    *("lstm_critical_1", "lstm_silent_1", "lstm_theory_1"),
)
"""Facts of a full run: <cell>_{critical, silent, theory}_<input scale or bias>, with "m1" for -1: the gain at which the
gradient neither vanishes nor explodes, as measured, as measured without input, and in theory; absent where a seed has
none on the grid."""

MAP = COLORS.reversed().resampled(41)  # below 50, matplotlib draws the colour bar as shapes, not as a picture
PALE, GREY, DARK = "#f7f7f7", "#808080", "#1a1a1a"
"""Ink on the map, which has the same colours on every page."""
FINE = 0.05
"""Decades per step up to which the colours are spread; beyond, they are compressed."""
TICKS = (-1.0, -0.4, -0.2, -0.1, -0.05, 0.0, 0.05, 0.1, 0.2, 0.4, 1.0)
"""Of the colour bar, decades per step."""


def build(frame: pd.DataFrame) -> Figure | None:
    """Mean slope10 over seeds per cell, gain, input scale and bias, and the gain at which it is zero."""
    found = _slopes(frame)
    if found.empty:
        return None
    rng = generator(ID)
    keys = ["name", "input_scale", "gate_bias"]
    data = interval_over_seeds(found, [*keys, "gain"], "slope10", rng)
    rows = pd.DataFrame(
        [(*key, *_critical(part, rng), _theory(*key)) for key, part in found.groupby(keys, sort=False)],
        columns=[*keys, "critical", "critical_low", "critical_high", "theory"],
    )
    data = data.merge(rows, on=keys, how="left")
    order = {name: position for position, name in enumerate(known().main)}
    data = data.sort_values([*keys, "gain"], key=lambda part: part.map(order) if part.name == "name" else part)
    data = data.loc[:, ["name", "gain", "input_scale", "gate_bias", *data.columns[4:]]]
    facts: dict[str, Fact] = _facts(data) | {
        "hidden_size": float(found["hidden_size"].max()),
        "seq_len": float(found["seq_len"].max()),
    }
    ends = [name for name in data.columns if name.endswith(("low", "high"))]
    data[ends] = data[ends].where(np.isfinite(data[ends]))
    return make(ID, data, STUDIES, facts, seeds=found["seed"].nunique())


def _is_gated(name: str) -> bool:
    """Say whether a gate of the cell keeps the state; then its input has the scale 1 throughout."""
    return known().find(name).keeps is not None


def _against(name: str) -> str:
    """Return what the gain stands against: the bias of the gate that keeps, or else the strength of the input."""
    return "gate_bias" if _is_gated(name) else "input_scale"


def _without(name: str) -> str:
    """Return the inputs that stand for none: a simple cell starts anywhere, a gated one at zero, as in its theory."""
    return "zero" if _is_gated(name) else "start"


def _slopes(frame: pd.DataFrame) -> pd.DataFrame:
    """slope10 of what a cell hands on, h or (h, c), per seed; `input_scale` is 0 where there is no input."""
    rows = measured(frame, "gain", ["log10_norm_h", "log10_norm_joint"])
    without = rows["name"].map(_without)
    rows = rows.loc[
        rows["name"].isin(known().main)
        & (rows["initialiser"] == "gaussian")
        & ((rows["inputs"] == "normal") | (rows["inputs"] == without))
    ]
    return slopes(handed_on(rows)).rename(columns={"initialiser_value": "gain"})


def _critical(part: pd.DataFrame, rng: np.random.Generator) -> tuple[float, float, float]:
    """Gain from which on slope10 is positive: mean over seeds and its interval; NaN where a seed has none."""
    found = np.array([_last_crossing(one["gain"], one["slope10"]) for _, one in part.groupby("seed")])
    if not np.isfinite(found).all():
        return math.nan, math.nan, math.nan
    estimate = bca(found, rng, centre="mean")
    return estimate.value, estimate.low, estimate.high


def _last_crossing(gains: pd.Series, values: pd.Series) -> float:
    """Interpolate, in ln gain, where the values leave zero upwards for the last time."""
    order = np.argsort(gains.to_numpy())
    x = np.log(gains.to_numpy()[order])
    y = values.to_numpy()[order]
    below = np.flatnonzero(y <= 0)
    if below.size == 0 or below[-1] == y.size - 1:
        return math.nan
    i = below[-1]
    return float(np.exp(x[i] - y[i] * (x[i + 1] - x[i]) / (y[i + 1] - y[i])))


def _theory(name: str, input_scale: float, gate_bias: float) -> float:
    """Critical gain of the RNN in mean field, under its input; of a gated cell at its zero state, without input."""
    return critical_gain(name, gate_bias) if _is_gated(name) else critical_gain_of(input_scale)


def _is_silent(data: pd.DataFrame) -> pd.Series:
    """Rows of gated cells without input: beside the map, not on it."""
    return data["name"].map(_is_gated).astype(bool) & (data["input_scale"] == 0)


def _facts(data: pd.DataFrame) -> dict[str, Fact]:
    facts: dict[str, Fact] = {
        "seeds": int(data["n"].max()),
        "few_seeds": int(data["n"].min()),
        "smallest_gain": float(data["gain"].min()),
        "largest_gain": float(data["gain"].max()),
    }
    for name, part in data.loc[~_is_silent(data)].groupby("name"):
        facts[f"{name}_least"] = Number(float(part["value"].min()), digits=2)
        facts[f"{name}_most"] = Number(float(part["value"].max()), digits=2)
    for row in data.drop_duplicates(["name", "input_scale", "gate_bias"]).itertuples():
        key = fact_key(getattr(row, _against(row.name)))
        kind = "silent" if _is_gated(row.name) and row.input_scale == 0 else "critical"
        facts[f"{row.name}_theory_{key}"] = Number(row.theory, digits=3)
        if math.isfinite(row.critical):
            estimate = Estimate(row.critical, row.critical_low, row.critical_high, "1", row.n)
            facts[f"{row.name}_{kind}_{key}"] = estimate
    return facts


def draw(data: pd.DataFrame, style_name: str, labels: Mapping[str, str]) -> Canvas:
    """One panel per cell, all over the same gains; blue fades, orange grows, lines are where neither happens."""
    names = ordered(data["name"], known().main)
    gains = sorted(set(data["gain"]))
    shades = _shades(float(data.loc[~_is_silent(data), "value"].abs().max()))
    with style.canvas(style_name, 1, len(names), ratio=1.55, sharey=True) as drawing:
        look = drawing.look
        for axes, name in zip(drawing.flat, names, strict=True):
            here = data["name"] == name
            silent = _is_silent(data)
            driven = data.loc[here & ~silent]
            against = _against(name)
            levels = sorted(set(driven[against]))
            table = driven.pivot(index="gain", columns=against, values="value").reindex(index=gains)
            mesh = axes.pcolormesh(
                np.arange(len(levels) + 1) - 0.5, np.arange(len(gains) + 1) - 0.5, table.to_numpy(), cmap=MAP,
                norm=shades, edgecolors=GREY, linewidth=look.line * 0.2, gid=f"series-{name}",
            )  # fmt: skip
            for rows, column, line in (
                (driven, "critical", _boundary(look)),
                (driven, "theory", _theory_line(look)),
                (data.loc[here & silent], "critical", _without_input(look)),
            ):
                where = rows.drop_duplicates(against).dropna(subset=[column]).sort_values(against)
                x = [levels.index(level) for level in where[against]]
                line.set_data(x, _place(where[column], gains))
                axes.add_line(line)
                if rows is driven and column == "critical":
                    low, high = (_place(where[f"critical_{end}"], gains) for end in ("low", "high"))
                    axes.vlines(x, low, high, color=DARK, linewidth=look.line * 0.7, zorder=line.zorder - 0.5)
            axes.set_title(style.word(labels, "cell", name), loc="left")
            axes.set_xlabel(labels.get(f"x.{name}", labels["x"]) if _is_gated(name) else labels["x.rnn"])
            axes.set_xlim(-0.5, len(levels) - 0.5)
            axes.set_ylim(-0.5, len(gains) - 0.5)
            axes.set_xticks(range(len(levels)), [signed(level) for level in levels])
            axes.set_yticks(range(len(gains)), [signed(gain) for gain in gains])
            axes.tick_params(length=0)
            axes.grid(False)
            axes.spines[:].set_linewidth(0)
        drawing.flat[0].set_ylabel(labels["y"])
        bar = drawing.figure.colorbar(mesh, ax=drawing.flat, pad=0.02, fraction=0.06, aspect=26)
        bar.set_ticks([tick for tick in TICKS if abs(tick) <= 0.8 * shades.vmax])  # type: ignore[operator]
        bar.ax.yaxis.set_major_formatter(FuncFormatter(signed))
        bar.ax.tick_params(length=0)
        bar.ax.set_title(labels["explodes"], loc="left", fontsize=look.type_size * 0.9)
        bar.ax.set_xlabel(labels["vanishes"], loc="left", fontsize=look.type_size * 0.9, fontweight="bold")
        bar.set_label(labels["bar"], labelpad=look.type_size * 0.7)
        bar.solids.set_edgecolor("face")  # type: ignore[union-attr]
        bar.ax.spines[:].set_linewidth(0)
        handles: list[Any] = [
            _boundary(look, labels["boundary"]),
            _theory_line(look, labels["theory"]),
            _without_input(look, labels["silent"]),
        ]
        drawing.legend(handles)
    return drawing.figure


def _shades(largest: float) -> Normalize:
    """Colour scale with zero in its middle, finer there: as asinh."""

    def forward(value: Any) -> Any:
        return np.arcsinh(np.asarray(value) / FINE)

    def inverse(value: Any) -> Any:
        return np.sinh(np.asarray(value)) * FINE

    return FuncNorm((forward, inverse), vmin=-largest, vmax=largest)


def _place(gains: pd.Series, known: Sequence[float]) -> FloatArray:
    """Where gains stand on an axis whose known gains are one apart: logarithmic in between, and on beyond its ends."""
    x, at = np.log(gains.to_numpy(dtype=float)), np.log(known)
    place: FloatArray = np.interp(x, at, np.arange(at.size, dtype=float))
    if at.size > 1:
        place += np.minimum(x - at[0], 0) / (at[1] - at[0]) + np.maximum(x - at[-1], 0) / (at[-1] - at[-2])
    return place


def _cased(line: Line2D, edge: float) -> Line2D:
    """Give a dark line a pale edge: to be seen on the map, and in the legend on a page of either kind."""
    line.set_path_effects([patheffects.withStroke(linewidth=line.get_linewidth() + edge, foreground=PALE)])
    return line


def _boundary(look: style.Look, label: str = "") -> Line2D:
    return _cased(Line2D([], [], color=DARK, linewidth=look.line * 1.9, label=label, zorder=3), look.line * 1.2)


def _theory_line(look: style.Look, label: str = "") -> Line2D:
    line = Line2D([], [], color=DARK, linewidth=look.line * 0.9, linestyle=(0, (3, 1.5)), label=label, zorder=3)
    return _cased(line, look.line)


def _without_input(look: style.Look, label: str = "") -> Line2D:
    return Line2D(
        [], [], color=DARK, linestyle="none", marker="o", markersize=look.marker * 1.3, markerfacecolor=PALE,
        markeredgewidth=look.line * 0.7, label=label, zorder=4,
    )  # fmt: skip
