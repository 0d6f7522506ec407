"""Figure "phase-diagram": where gradients vanish and where they explode, over the gain and what stands against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from analysis.cells import known
from analysis.drawing import on_map, style
from analysis.drawing.axes import signed, thousands
from analysis.drawing.build import interval_over_seeds, make
from analysis.figures.peer_ratio import COLORS
from analysis.readings.boundaries import Boundary, boundary
from analysis.readings.gradient_curves import handed_on
from analysis.result import Fact, Figure, Number, fact_key
from analysis.select import main_level, measured, ordered
from analysis.statistics.fits import BURN_IN, slopes
from analysis.statistics.intervals import SLOPE_MARGIN, generator
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
    "calm",
    "theory",
    "silent",
    "silent_theory",
    "x",
    *(f"x.{name}" for name in QUOTED),
)
FACTS = (
    "seeds",
    "few_seeds",
    "hidden_size",
    "seq_len",
    "silent_seq_len",
    "burn_in",
    "margin",
    "smallest_gain",
    "largest_gain",
    *(f"{name}_least" for name in QUOTED),
    *(f"{name}_most" for name in QUOTED),
    *(f"rnn_{part}_0" for part in ("calm_from", "calm_to", "theory")),
    *(f"rnn_{part}_1" for part in ("critical", "theory")),
    *(f"{name}_{part}_0" for part in ("critical", "silent", "theory") for name in ("lstm", "gru")),
    *("lstm_silent_1", "lstm_theory_1"),
)
"""Facts of a full run: <cell>_{critical, silent, theory}_<input scale or bias>, with "m1" for -1: the gain at which the
gradient neither vanishes nor explodes, as measured, as measured without input, and in theory; absent where there is no
such gain. Under `critical` stand `calm_from` and `calm_to`, between which the slope is within `margin` of zero."""

KEYS = ["name", "input_scale", "gate_bias"]
"""What a boundary belongs to."""

MAP = COLORS.reversed().resampled(41)  # below 50, matplotlib draws the colour bar as shapes, not as a picture
FINE = 0.05
"""Decades per step up to which the colours are spread; beyond, they are compressed."""
TICKS = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 8.0, 16.0, 32.0)
"""Of the axis of gains, where they were measured."""
BAR_TICKS = (-1.0, -0.4, -0.2, -0.1, -0.05, 0.0, 0.05, 0.1, 0.2, 0.4, 1.0)
"""Of the colour bar, decades per step."""


def build(frame: pd.DataFrame) -> Figure | None:
    """Mean slope10 over seeds per cell, gain, input scale and bias, and the gain at which it is zero."""
    found = _slopes(frame)
    if found.empty:
        return None
    rng = generator(ID)
    data = interval_over_seeds(found, [*KEYS, "gain"], "slope10", rng)
    places: dict[tuple[str, float, float], Boundary] = {
        (str(name), float(scale), float(bias)): boundary(part, rng)
        for (name, scale, bias), part in found.groupby(KEYS, sort=False)
    }
    rows = pd.DataFrame(
        [(*key, *_columns(place), _theory(*key)) for key, place in places.items()],
        columns=[*KEYS, "critical", "critical_low", "critical_high", "calm_from", "calm_to", "theory"],
    )
    data = data.merge(rows, on=KEYS, how="left")
    order = {name: position for position, name in enumerate(known().main)}
    data = data.sort_values([*KEYS, "gain"], key=lambda part: part.map(order) if part.name == "name" else part)
    data = data.loc[:, ["name", "gain", "input_scale", "gate_bias", *data.columns[4:]]]
    facts: dict[str, Fact] = _facts(data) | {
        "hidden_size": float(found["hidden_size"].max()),
        "seq_len": float(found.loc[found["inputs"] != "start", "seq_len"].max()),
        "burn_in": BURN_IN,
        "margin": SLOPE_MARGIN,
    }
    if "start" in set(found["inputs"]):
        facts["silent_seq_len"] = float(found.loc[found["inputs"] == "start", "seq_len"].max())
    for key, place in places.items():
        facts |= _boundary_facts(*key, place)
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
    """slope10 of what a cell hands on, h or (h, c), per seed; `input_scale` is 0 where there is no input.

    After a random start the first `BURN_IN` steps are left out: the state is on its way to where it stays.
    """
    rows = measured(frame, "gain", ["log10_norm_h", "log10_norm_joint"])
    without = rows["name"].map(_without)
    rows = rows.loc[
        rows["name"].isin(known().main)
        & (rows["initialiser"] == "gaussian")
        & ((rows["inputs"] == "normal") | (rows["inputs"] == without))
        & ((rows["inputs"] != "start") | (rows["step"] <= rows["seq_len"] - BURN_IN))
    ]
    found = slopes(handed_on(rows)).rename(columns={"initialiser_value": "gain"})
    # Rows of two presets may share a store: each kind of input keeps the size and length that most of its cases have.
    for size in ("hidden_size", "seq_len"):
        kept = [
            part.loc[part[size] == main_level(part, size, (*KEYS, "gain", "seed"))]
            for _, part in found.groupby(found["inputs"] == "start")
        ]
        found = pd.concat(kept, ignore_index=True) if kept else found
    return found


def _columns(place: Boundary) -> tuple[float, ...]:
    """Return the critical gain with its interval, and the ends of the calm; NaN where there is none."""
    critical = place.critical
    ends = (end.value if end else np.nan for end in (place.calm_from, place.calm_to))
    return (*((critical.value, critical.low, critical.high) if critical else 3 * (np.nan,)), *ends)


def _theory(name: str, input_scale: float, gate_bias: float) -> float:
    """Critical gain of the RNN in mean field, under its input; of a gated cell at its zero state, without input."""
    return critical_gain(name, gate_bias) if _is_gated(name) else critical_gain_of(input_scale)


def _is_silent(data: pd.DataFrame) -> pd.Series:
    """Rows of gated cells without input: beside the map, not on it."""
    return data["name"].map(_is_gated).astype(bool) & (data["input_scale"] == 0)


def _facts(data: pd.DataFrame) -> dict[str, Fact]:
    """Collect the seeds, the ends of the grid, and the smallest and largest slope of each map."""
    facts: dict[str, Fact] = {
        "seeds": int(data["n"].max()),
        "few_seeds": int(data["n"].min()),
        "smallest_gain": float(data["gain"].min()),
        "largest_gain": float(data["gain"].max()),
    }
    for name, part in data.loc[~_is_silent(data)].groupby("name"):
        facts[f"{name}_least"] = Number(float(part["value"].min()), digits=2)
        facts[f"{name}_most"] = Number(float(part["value"].max()), digits=2)
    return facts


def _boundary_facts(name: str, input_scale: float, gate_bias: float, place: Boundary) -> dict[str, Fact]:
    key = fact_key({"gate_bias": gate_bias, "input_scale": input_scale}[_against(name)])
    facts: dict[str, Fact] = {f"{name}_theory_{key}": Number(_theory(name, input_scale, gate_bias), digits=3)}
    if _is_gated(name) and input_scale == 0:
        return facts | ({f"{name}_silent_{key}": place.critical} if place.critical else {})
    parts = {"critical": place.critical, "calm_from": place.calm_from, "calm_to": place.calm_to}
    return facts | {f"{name}_{part}_{key}": found for part, found in parts.items() if found}


def draw(data: pd.DataFrame, style_name: str, labels: Mapping[str, str]) -> Canvas:
    """One panel per cell over the same axis of gains; blue fades, orange grows, lines are where neither happens."""
    names = ordered(data["name"], known().main)
    shades = on_map.fine_at_zero(float(data.loc[~_is_silent(data), "value"].abs().max()), FINE)
    with style.canvas(style_name, 1, len(names), ratio=1.25, sharey=True) as drawing:
        look = drawing.look
        for axes, name in zip(drawing.flat, names, strict=True):
            here = data.loc[data["name"] == name]
            driven, silent = here.loc[~_is_silent(here)], here.loc[_is_silent(here)]
            against = _against(name)
            levels = sorted(set(driven[against]))
            table = driven.pivot(index="gain", columns=against, values="value").sort_index()
            edges = on_map.edges_between(table.index.to_numpy(dtype=float))
            mesh = axes.pcolormesh(
                np.arange(len(levels) + 1) - 0.5, edges, table.to_numpy(), cmap=MAP, norm=shades,
                edgecolors=on_map.PALE, linewidth=look.line * 0.3, gid=f"series-{name}",
            )  # fmt: skip
            for rows, column, line in (
                (driven, "critical", on_map.thick(look)),
                (driven, "theory", on_map.dotted(look) if _is_gated(name) else on_map.dashed(look)),
                (silent, "critical", on_map.circles(look)),
            ):
                where = rows.drop_duplicates(against).dropna(subset=[column]).sort_values(against)
                line.set_data([levels.index(level) for level in where[against]], where[column])
                axes.add_line(line)
            _draw_calm(axes, driven.drop_duplicates(against), [levels.index(level) for level in levels], edges, look)
            axes.set_title(style.word(labels, "cell", name), loc="left")
            axes.set_xlabel(labels.get(f"x.{name}", labels["x"]) if _is_gated(name) else labels["x.rnn"])
            axes.set_xlim(-0.5, len(levels) - 0.5)
            axes.set_xticks(range(len(levels)), [signed(level) for level in levels])
            axes.set_yscale("log")
            axes.set_ylim(*on_map.edges_between(np.array(sorted(set(data["gain"]))))[[0, -1]])
            axes.yaxis.set_major_locator(FixedLocator([gain for gain in sorted(set(data["gain"])) if gain in TICKS]))
            axes.yaxis.set_minor_locator(NullLocator())
            axes.yaxis.set_major_formatter(FuncFormatter(thousands))
            axes.tick_params(length=0)
            axes.grid(False)
            axes.spines[:].set_linewidth(0)
        drawing.flat[0].set_ylabel(labels["y"])
        _colour_bar(drawing, mesh, shades, labels)
        handles: list[Any] = [
            on_map.thick(look, labels["boundary"]),
            on_map.dashed(look, labels["theory"]),
            on_map.circles(look, labels["silent"]),
            on_map.dotted(look, labels["silent_theory"]),
            on_map.capped(look, labels["calm"]),
        ]
        drawing.legend(handles, columns=3)
    return drawing.figure


def _draw_calm(axes: Axes, columns: pd.DataFrame, places: Sequence[int], edges: FloatArray, look: style.Look) -> None:
    """Draw where the slope is within the margin, to the end of the map where some network has no such gain."""
    for x, row in zip(places, columns.sort_values(_against(columns["name"].iloc[0])).itertuples(), strict=True):
        low, high = row.calm_from, row.calm_to
        if np.isnan(low) and np.isnan(high):
            continue
        line = on_map.capped(look)
        line.set_data([x, x], [edges[0] if np.isnan(low) else low, edges[-1] if np.isnan(high) else high])
        axes.add_line(line)


def _colour_bar(drawing: style.Drawing, mesh: Any, shades: Normalize, labels: Mapping[str, str]) -> None:
    look = drawing.look
    bar = drawing.figure.colorbar(mesh, ax=drawing.flat, pad=0.02, fraction=0.06, aspect=26)
    bar.set_ticks([tick for tick in BAR_TICKS if abs(tick) <= 0.8 * shades.vmax])  # type: ignore[operator]
    bar.ax.yaxis.set_major_formatter(FuncFormatter(signed))
    bar.ax.tick_params(length=0)
    bar.ax.set_title(labels["explodes"], loc="left", fontsize=look.small(0.9))
    bar.ax.set_xlabel(labels["vanishes"], loc="left", fontsize=look.small(0.9), fontweight="bold")
    bar.set_label(labels["bar"], labelpad=look.type_size * 0.7)
    bar.solids.set_edgecolor("face")  # type: ignore[union-attr]
    bar.ax.spines[:].set_linewidth(0)
