"""Bars of the parts of a step, each with the mark at which it would end at the machine's peak."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from analysis.drawing import marks, style
from analysis.drawing.axes import seconds


def part_bars(
    axes: Axes,
    own: pd.DataFrame,
    name: str,
    parts: Sequence[str],
    series: str,
    labels: Mapping[str, str],
    look: style.Look,
) -> None:
    """Draw a bar for each part of a cell's step, with its quartiles and its floor.

    own: rows of the cell, with columns `part`, `median_s`, `low_s`, `high_s` and `floor_s`, NaN where a part has none.
    series: what the id of a bar begins with; the part follows.
    """
    rows = own.set_index("part").reindex(parts)
    places = list(range(len(parts)))
    bars = axes.barh(places, rows["median_s"], height=0.66, color=marks.cell_mark(name).color, linewidth=0)
    for part, bar in zip(parts, bars, strict=True):
        bar.set_gid(f"{series}-{part}")
    axes.hlines(places, rows["low_s"], rows["high_s"], color=look.ink, linewidth=look.line * 0.6)
    for place, floor in zip(places, rows["floor_s"], strict=True):
        if math.isfinite(floor):
            axes.vlines(floor, place - 0.42, place + 0.42, color=look.ink, linewidth=look.line, linestyle="-")
    axes.set_yticks(places, [style.word(labels, "part", part) for part in parts])
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter(FuncFormatter(seconds))
    axes.tick_params(axis="y", length=0)
    axes.grid(False, axis="y")
