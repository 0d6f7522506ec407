"""What the two runtime figures share: time against one size, a column per cell, a row per direction."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from analysis.cells import cell_order, known
from analysis.drawing import legend, marks, style
from analysis.drawing.axes import size_axis, time_axis
from analysis.drawing.build import make
from analysis.drawing.lines import banded_line
from analysis.readings.call_times import OWN, elapsed, timed
from analysis.readings.peak import peak_rate
from analysis.result import Estimate, Fact, Figure, Number, fact_key
from analysis.select import AGAIN, BACKEND_ORDER, DIRECTION_ORDER, measured, ordered, sweep
from analysis.statistics.fits import exponents
from analysis.statistics.intervals import centred, generator, quartiles
from analysis.statistics.paired import block_ratios, paired_ratio

LIMIT = "limit"
"""Stands for an implementation: the operations of a call at the measured peak."""

LABELS = (
    "x",
    "y",
    "limit",
    *(f"backend.{name}" for name in BACKEND_ORDER),
    *(f"direction.{name}" for name in DIRECTION_ORDER),
)


def build_sweep(frame: pd.DataFrame, figure_id: str, size: str) -> Figure | None:
    """Median time over all samples with its quartiles, along the sweep over one size."""
    rows = elapsed(frame)
    rows = rows.loc[(rows["backend"] != AGAIN) & rows["name"].isin(known().main)]
    rows = sweep(rows, size)
    if rows.empty:
        return None
    data = timed(rows, ["direction", "name", "backend", size])
    floor = limit(frame, rows, size)
    data = pd.concat([data, floor], ignore_index=True) if len(floor) else data
    data["direction"] = pd.Categorical(data["direction"], ordered(data["direction"], DIRECTION_ORDER))
    data = data.sort_values(["direction", "name", "backend", size]).astype({"direction": "str"})
    fixed = [name for name in ("seq_len", "hidden_size", "batch_size", "input_size", "threads") if name != size]
    facts: dict[str, Fact] = {name: float(rows[name].iloc[0]) for name in fixed}
    facts |= {
        "dtype": str(rows["dtype"].iloc[0]),
        "smallest": float(rows[size].min()),
        "largest": float(rows[size].max()),
    }
    facts |= peak_facts(data, size)
    return make(figure_id, data, ("runtime",), facts | sweep_facts(rows, size))


def limit(frame: pd.DataFrame, rows: pd.DataFrame, size: str) -> pd.DataFrame:
    """Compute the time of a call's operations at the measured multiply-add peak, as rows of the backend "limit"."""
    rate = peak_rate(frame, rows["threads"].iloc[0], rows["dtype"].iloc[0])
    work = measured(frame, "runtime", [f"flops_{name}" for name in DIRECTION_ORDER])
    shapes = ["direction", "name", "seq_len", "hidden_size", "batch_size", "input_size", "threads", "dtype"]
    work = work.drop_duplicates(shapes).merge(rows[shapes].drop_duplicates(), on=shapes)
    if work.empty or math.isnan(rate):
        return work.iloc[:0]
    floor = work["value"] / rate
    found = work.loc[:, ["direction", "name", size]].assign(backend=LIMIT, median_s=floor, low_s=floor, high_s=floor)
    return found.assign(samples=1)


def peak_facts(data: pd.DataFrame, size: str) -> dict[str, Fact]:
    """Share of the peak, in percent, that each cell and implementation reaches at the largest size."""
    last = data.loc[data[size] == data[size].max()].set_index(["name", "direction", "backend"])["median_s"]
    return {
        fact_key(name, backend, direction, "peak"): Number(float(last[name, direction, LIMIT] / time) * 100, digits=2)
        for (name, direction, backend), time in last.items()
        if backend != LIMIT and (name, direction, LIMIT) in last.index
    }


def sweep_facts(rows: pd.DataFrame, size: str) -> dict[str, Fact]:
    """Collect the times at the largest size, exponents of the sweep, and the ratio of each peer to this suite."""
    rng = generator(size)
    facts: dict[str, Fact] = {}
    for (name, backend, direction), part in rows.groupby(["name", "backend", "direction"], sort=True):
        key = fact_key(name, backend, direction)
        largest = part.loc[part[size] == rows[size].max(), "value"]
        if not largest.empty:
            low, median, high = quartiles(largest)
            facts[f"{key}_time"] = Estimate(median, low, high, "s", len(largest))
        slopes = exponents(part, size)["exponent"]
        if len(slopes):
            facts[f"{key}_exponent"] = centred(slopes.to_numpy(), rng)
    for (name, direction), part in rows.loc[rows[size] == rows[size].max()].groupby(["name", "direction"], sort=True):
        own = part.loc[part["backend"] == "cpu"]
        for backend in ordered(set(part["backend"]) - {"cpu"}, BACKEND_ORDER):
            peer = part.loc[part["backend"] == backend]
            if not block_ratios(peer, own).empty:
                key = fact_key(name, backend, direction, "ratio")
                facts[key] = paired_ratio(peer, own, rng)
    return facts


def draw_sweep(data: pd.DataFrame, size: str, style_name: str, labels: Mapping[str, str]) -> Canvas:
    """Draw the times against the column `size`: a row per direction, a column per cell, a line per implementation."""
    names = ordered(data["name"], cell_order())
    directions = ordered(data["direction"], DIRECTION_ORDER)
    backends = [name for name in ordered(data["backend"], BACKEND_ORDER) if name != LIMIT]
    ratio = 0.86 * len(names) / len(directions) * 1.1
    with style.canvas(style_name, len(directions), len(names), ratio=ratio, sharex=True, sharey="row") as drawing:
        look = drawing.look
        for row, direction in zip(drawing.panels, directions, strict=True):
            for axes, name in zip(row, names, strict=True):
                for backend in backends:
                    keep = (data["name"] == name) & (data["backend"] == backend) & (data["direction"] == direction)
                    if keep.any():
                        _line(axes, data.loc[keep], size, name, backend, direction)
                floor = data.loc[
                    (data["name"] == name) & (data["backend"] == LIMIT) & (data["direction"] == direction)
                ].sort_values(size)
                axes.plot(
                    floor[size], floor["median_s"], color=look.ink, linewidth=look.line * 0.7, linestyle=marks.DOTS
                )
                size_axis(axes, _few(sorted(set(data[size]))))
                time_axis(axes)
            row[0].set_ylabel(style.word(labels, "direction", direction), fontweight="bold")
        for axes, name in zip(drawing.panels[0], names, strict=True):
            axes.set_title(style.word(labels, "cell", name))
        drawing.figure.supxlabel(labels["x"], fontsize=look.type_size)
        drawing.figure.supylabel(labels["y"], fontsize=look.type_size)
        handles = legend.backend_handles(backends, labels, look, colored=False)
        if (data["backend"] == LIMIT).any():
            handles.append(legend.rule(look, labels["limit"], width=0.7))
        drawing.legend(handles)
    return drawing.figure


def _line(axes: Axes, part: pd.DataFrame, size: str, name: str, backend: str, direction: str) -> None:
    """Colour says the cell, marker and line say the implementation; peers have open markers."""
    of = marks.BACKENDS.get(backend, marks.OTHER)
    own = backend == OWN
    color = marks.cell_mark(name).color
    banded_line(
        axes,
        part,
        size,
        marks.Mark(color, of.marker, of.line),
        f"series-{name}--{backend}-{direction}",
        y=("median_s", "low_s", "high_s"),
        shade=0.18,
        markerfacecolor=color if own else "none",
        alpha=1.0 if own else 0.8,
        zorder=4 if own else 3,
    )


def _few(levels: list[int]) -> list[int]:
    """At most about six of the levels, evenly taken."""
    return levels if len(levels) <= 6 else levels[:: -(-len(levels) // 6)]
