"""Draw the figure of an experiment: lines along a number, or dots beside words, in as many panels as it takes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from analysis.drawing import style
from analysis.drawing.axes import signed, size_axis, thousands
from analysis.drawing.lines import banded_line, noise_band
from analysis.experiments import keys
from analysis.experiments.levels import SIZES, described, in_order, is_text, told, value_name
from analysis.experiments.looks import Looks, looks_of
from analysis.experiments.scales import scale_axis
from analysis.result import Figure, Layout

WIDTH = 7.6
"""Of the page, in inches: by it the height of a figure is reckoned."""
PER_ROW = 3
"""Panels side by side."""
MARKED = 8
"""Markers along a dense curve."""
FEW_TICKS = 8
"""Levels of a number that have a tick each."""
LOGARITHMIC = (*SIZES, "window", "learning_rate", "clip")
STEPS = ("lag", "window", "step", "place", "training_step")


def draw(figure: Figure, style_name: str, labels: Mapping[str, str]) -> Canvas:
    """Draw the figure of an experiment, which has a layout, in a style.

    A panel for each combination of the levels of `layout.panels`, at most three in a row; all have the same axis of
    values. Raises ValueError where the figure has no layout.
    """
    layout = figure.layout
    if layout is None:
        raise ValueError(f"figure {figure.id!r} has no layout; allowed: figures of experiments")
    data = figure.data
    beside = is_text(data[layout.x])
    panels = _panels(data, layout)
    columns = min(PER_ROW, len(panels))
    rows = -(-len(panels) // columns)
    looks = looks_of(data, layout, style.look(style_name))
    share = {"sharex": beside or layout.x not in STEPS, "sharey": True}
    entries = keys.arranged(data, layout, looks, labels, style.look(style_name))
    ratio = _ratio(data, layout, rows, columns, len(entries))
    with style.canvas(style_name, rows, columns, ratio=ratio, **share) as drawing:
        for axes, panel in zip(drawing.flat, panels, strict=False):
            here = _at(data, layout.panels, panel)
            (_dots if beside else _lines)(axes, here, layout, looks, labels, data)
            if layout.scale == "ratio":
                noise_band(axes, data, drawing.look, 0.15) if not beside else _noise_beside(axes, data, drawing.look)
            axes.set_title(described(tuple(zip(layout.panels, panel, strict=True)), labels, " · "), loc="left")
        for axes in drawing.flat[len(panels) :]:
            axes.axis("off")
        names = labels.get(f"x.{layout.x}", ""), value_name(layout, data, labels)
        _label_axes(drawing, names, beside, columns, len(panels))
        keys.draw(drawing, keys.arranged(data, layout, looks, labels, drawing.look))
    return drawing.figure


def _panels(data: pd.DataFrame, layout: Layout) -> list[tuple[Any, ...]]:
    """Return the levels of each panel, in the house's order; one panel without levels where nothing has one."""
    if not layout.panels:
        return [()]
    ranks = [in_order(field, data[field]) for field in layout.panels]
    found = set(data[list(layout.panels)].itertuples(index=False, name=None))
    return sorted(found, key=lambda key: [rank.index(level) for rank, level in zip(ranks, key, strict=True)])


def _at(data: pd.DataFrame, fields: Sequence[str], levels: Sequence[Any]) -> pd.DataFrame:
    keep = pd.Series(True, index=data.index)
    for field, level in zip(fields, levels, strict=True):
        keep &= data[field] == level
    return data.loc[keep]


def _ratio(data: pd.DataFrame, layout: Layout, rows: int, columns: int, entries: int) -> float:
    """Return width over height: a panel is a little wider than high; beside words it is as high as they need."""
    if is_text(data[layout.x]):
        words = data[layout.x].nunique() * max(1, 0.55 * (data[layout.colour].nunique() if layout.colour else 1))
        panel = 0.3 + 0.3 * words
    else:
        panel = WIDTH / (1.75 if columns == 1 else columns * 1.15)
    return float(WIDTH / (rows * (panel + 0.4) + 0.4 + 0.2 * entries))


def _series(data: pd.DataFrame, layout: Layout) -> list[str]:
    """Return the columns that tell series of a panel apart: those of the colour and of the kind of line."""
    return [field for field in (layout.colour, layout.line) if field and field != layout.x]


def _lines(
    axes: Axes, here: pd.DataFrame, layout: Layout, looks: Looks, labels: Mapping[str, str], data: pd.DataFrame
) -> None:
    """Draw a line with its band for each series, where its values are finite."""
    middle, low, high = layout.values
    finite = here.loc[np.isfinite(here[middle].astype(float))]
    for key, part in _grouped(finite, _series(here, layout)):
        part = part.sort_values(layout.x).reset_index(drop=True)
        ends = part.copy()
        for end in (low, high):  # too few seeds for an interval, or one of them exactly 0
            ends[end] = part[end].where(np.isfinite(part[end].astype(float)), part[middle])
        every = max(1, len(part) // MARKED)
        line: dict[str, Any] = {"markevery": (looks.place(key) % every, every)}
        banded_line(axes, ends, layout.x, looks.mark(key), _gid(part, key, layout), y=layout.values, **line)
        if len(part) <= MARKED + 4 and middle != low:
            axes.vlines(part[layout.x], ends[low], ends[high], color=looks.mark(key).color, linewidth=looks.line * 0.6)
    _number_axis(axes, layout.x, data[layout.x])
    scale_axis(axes, layout.scale, data, layout.values, vertical=True)


def _grouped(data: pd.DataFrame, fields: list[str]) -> list[tuple[tuple[Any, ...], pd.DataFrame]]:
    """Return the series with their levels, in the house's order; all rows where nothing tells them apart."""
    if not fields or data.empty:
        return [((), data)] if len(data) else []
    ranks = [in_order(field, data[field]) for field in fields]
    groups = [(key, part) for key, part in data.groupby(fields, sort=False)]
    return sorted(groups, key=lambda item: [rank.index(level) for rank, level in zip(ranks, item[0], strict=True)])


def _dots(
    axes: Axes, here: pd.DataFrame, layout: Layout, looks: Looks, labels: Mapping[str, str], data: pd.DataFrame
) -> None:
    """Draw a row for each word on the axis, and in it a dot with its interval for each series."""
    middle, low, high = layout.values
    words = in_order(layout.x, data[layout.x])
    fields = _series(here, layout)
    keys = [key for key, _ in _grouped(data, fields)]
    for key, part in _grouped(here.loc[np.isfinite(here[middle].astype(float))], fields):
        shift = 0.7 * ((keys.index(key) + 0.5) / len(keys) - 0.5)
        for row in part.to_dict("records"):
            mark = looks.mark(key) if fields else looks.mark((row[layout.x],))
            place = words.index(row[layout.x]) + shift
            ends = [row[end] if np.isfinite(row[end]) else row[middle] for end in (low, high)]
            axes.plot(ends, [place, place], color=mark.color, linewidth=looks.line)
            axes.plot(
                [row[middle]], [place], color=mark.color, marker=mark.marker, linestyle="none",
                gid=_gid(part.iloc[:1], (*key, row[layout.x]), layout),
            )  # fmt: skip
    axes.set_yticks(range(len(words)), [told(layout.x, word, labels) for word in words])
    axes.set_ylim(len(words) - 0.4, -0.6)
    axes.grid(False, axis="y")
    scale_axis(axes, layout.scale, data, layout.values, vertical=False)


def _noise_beside(axes: Axes, data: pd.DataFrame, look: style.Look) -> None:
    if "noise_low" in data.columns and data["noise_low"].notna().any():
        axes.axvspan(data["noise_low"].min(), data["noise_high"].max(), color=look.ink, alpha=0.15, linewidth=0)


def _number_axis(axes: Axes, x: str, values: pd.Series) -> None:
    """Make x the axis of a number: sizes by their ratio, with ticks at a few of them, all else evenly."""
    levels = sorted(set(values.astype(float)))
    if x in LOGARITHMIC and len(levels) > 1 and levels[0] > 0:
        size_axis(axes, levels if len(levels) <= 6 else levels[:: -(-len(levels) // 6)])
    elif x not in STEPS and len(levels) <= FEW_TICKS:
        axes.xaxis.set_major_locator(FixedLocator(levels))
        axes.xaxis.set_major_formatter(FuncFormatter(thousands if x in SIZES else signed))
    else:
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=x in (*STEPS, *SIZES), steps=(1, 2, 5, 10)))


def _gid(part: pd.DataFrame, key: Sequence[Any], layout: Layout) -> str:
    """Name a series: "series-", its cell, and the rest of its levels, by which it is found in an SVG."""
    name = str(part["name"].iloc[0])
    rest = [str(level) for level in key if level != name]
    rest += [str(part[field].iloc[0]) for field in layout.panels if field != "name"]
    plain = "-".join(re.sub(r"[^A-Za-z0-9]+", "-", level).strip("-") for level in rest)
    return f"series-{name}--{plain}" if plain else f"series-{name}"


def _label_axes(drawing: style.Drawing, names: tuple[str, str], beside: bool, columns: int, panels: int) -> None:
    """Name the axes once: at the edges where there are several panels."""
    along, value = names
    if beside:
        along, value = value, ""
    if panels == 1:
        drawing.flat[0].set_xlabel(along)
        drawing.flat[0].set_ylabel(value)
    else:
        drawing.figure.supxlabel(along, fontsize=drawing.look.type_size)
        drawing.figure.supylabel(value, fontsize=drawing.look.type_size)
        for axes in drawing.flat[max(0, panels - columns) : panels]:
            axes.tick_params(labelbottom=True)
