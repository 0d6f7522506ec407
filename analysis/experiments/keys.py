"""The legend of an experiment's figure: colours in its first rows, kinds of line below them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.lines import Line2D

from analysis.drawing import legend, style
from analysis.drawing.marks import Mark
from analysis.experiments.levels import in_order, is_text, told
from analysis.experiments.looks import Looks
from analysis.result import Layout

MANY = 8
"""Entries beyond which a colour that grows is shown at some of its levels."""
ROOM = 104
"""Letters of a row; the line beside a word takes `BESIDE` of them."""
BESIDE = 9


def arranged(
    data: pd.DataFrame, layout: Layout, looks: Looks, labels: Mapping[str, str], of: style.Look
) -> list[list[Any]]:
    """Return the rows of the legend: all entries in one where they fit; none where there is nothing to tell apart."""
    colours = _colours(data, layout, looks, labels)
    others: list[Any] = [
        legend.entry(Mark(of.ink, "", dash), told(layout.line, level, labels)) for level, dash in looks.dashes.items()
    ]
    if layout.scale == "ratio" and "noise_low" in data.columns and data["noise_low"].notna().any():
        others.append(legend.swatch(of, labels["noise"]))
    entries = colours + others
    if not entries:
        return []
    fitting = max(1, ROOM // (max(len(entry.get_label()) for entry in entries) + BESIDE))
    if len(entries) <= fitting:
        return [entries]
    return [part[start : start + fitting] for part in (colours, others) for start in range(0, len(part), fitting)]


def draw(drawing: style.Drawing, rows: list[list[Any]]) -> None:
    """Put the rows above the panels. Matplotlib fills columns: short rows end in entries that show nothing."""
    if not rows:
        return
    columns = max(map(len, rows))
    filled = [row + [_nothing() for _ in range(columns - len(row))] for row in rows]
    drawing.legend([row[place] for place in range(columns) for row in filled], columns=columns)


def _nothing() -> Line2D:
    return Line2D([], [], linestyle="none", label=" ")


def _colours(data: pd.DataFrame, layout: Layout, looks: Looks, labels: Mapping[str, str]) -> list[Any]:
    """Return an entry for each colour; none where the axis or the titles of the panels say what it stands for."""
    if not layout.colour or layout.colour in (layout.x, *layout.panels):
        return []
    levels = in_order(layout.colour, data[layout.colour])
    if len(levels) == 1:
        return []
    shown = levels if is_text(levels) or len(levels) <= MANY else levels[:: -(-len(levels) // MANY)]
    own = {level: looks.colours[level] for level in shown}
    if layout.line:  # the kind of line says something else here
        own = {level: Mark(mark.color, mark.marker, "-") for level, mark in own.items()}
    return [legend.entry(mark, told(layout.colour, level, labels)) for level, mark in own.items()]
