"""Entries of legends: cells, implementations, reference lines, bands; and a legend beside a panel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from analysis.cells import cell_order
from analysis.drawing.marks import DOTS, MARKERS, Mark, backend_mark, cell_mark
from analysis.drawing.style import Look, word
from analysis.select import BACKEND_ORDER, ordered


def cell_handles(names: list[str], labels: Mapping[str, str], of: Look) -> list[Any]:
    """Legend entries of cells."""
    return [_handle(cell_mark(name), word(labels, "cell", name), of) for name in ordered(names, cell_order())]


def backend_handles(names: list[str], labels: Mapping[str, str], of: Look, *, colored: bool = True) -> list[Any]:
    """Legend entries of implementations; in ink where colour says something else (`colored` false)."""
    found = []
    for name in ordered(names, BACKEND_ORDER):
        handle = _handle(backend_mark(name, of), word(labels, "backend", name), of)
        if not colored:
            handle.set_color(of.ink)
            handle.set_markerfacecolor(of.ink if name == "cpu" else "none")
        found.append(handle)
    return found


def _handle(mark: Mark, label: str, of: Look) -> Line2D:
    return Line2D(
        [],
        [],
        color=mark.color,
        marker=mark.marker,
        linestyle=mark.line,
        label=label,
        linewidth=of.line,
        markersize=of.marker,
    )


def rule(of: Look, label: str, *, color: str | None = None, dash: Any = DOTS, width: float = 0.5) -> Line2D:
    """Legend entry of a reference line."""
    return Line2D([], [], color=color or of.ink, linewidth=of.line * width, linestyle=dash, label=label)


def swatch(of: Look, label: str) -> Patch:
    """Legend entry of a shaded band."""
    return Patch(facecolor=of.ink, edgecolor="none", alpha=0.15, label=label)


def entry(mark: Mark, label: str) -> Line2D:
    """Legend entry of any marked line."""
    return Line2D([], [], color=mark.color, marker=mark.marker, linestyle=mark.line, label=label)


def shade_entries(colors: Mapping[Any, Any], words: Mapping[Any, str]) -> list[Line2D]:
    """Return an entry for each level of something that grows: its shade, a marker of its own, its word."""
    return [
        entry(Mark(color, MARKERS[place], "-"), words[level]) for place, (level, color) in enumerate(colors.items())
    ]


def beside(axes: Axes, handles: list[Any], title: str | None = None) -> None:
    """Put a legend at the right of a panel."""
    place: Any = {"loc": "center left", "bbox_to_anchor": (1.03, 0.5), "borderaxespad": 0.0, "title": title}
    axes.legend(handles=handles, **place)
