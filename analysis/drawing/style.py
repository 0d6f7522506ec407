"""How figures look: four styles, one palette, the same colour, marker and line for a cell everywhere.

References
----------
.. [1] M. Okabe, K. Ito, "Color universal design", 2008: eight colours that colour-blind readers tell apart.

"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from analysis.cells import cell_order, known
from analysis.select import BACKEND_ORDER, ordered

STYLES = ("page", "paper", "slide-light", "slide-dark")

INK = "#010203"
"""Sentinel for text and axes in the style "page": the page replaces it by its own text colour."""
GRID = "#030201"
"""Sentinel for grid lines in the style "page"."""

OKABE_ITO = {
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "green": "#009E73",
    "yellow": "#F0E442",
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "purple": "#CC79A7",
}


@dataclass(frozen=True)
class Mark:
    """Colour, marker and line of a series: never colour alone."""

    color: str
    marker: str
    line: Any


PALETTE = (
    Mark(OKABE_ITO["vermillion"], "s", (0, (5, 1.5))),
    Mark(OKABE_ITO["blue"], "o", "-"),
    Mark(OKABE_ITO["green"], "^", (0, (3.5, 1.2, 1, 1.2))),
    Mark(OKABE_ITO["purple"], "v", (0, (1.2, 1.2))),
    Mark(OKABE_ITO["orange"], "P", (0, (4, 2))),
    Mark(OKABE_ITO["yellow"], "X", (0, (6, 1, 1, 1))),
    Mark(OKABE_ITO["sky"], "*", (0, (2, 1))),
)
"""Marks of cells, by their `color_slot`; from the last one on they begin anew."""

TWO_DIRECTIONS = Mark(OKABE_ITO["sky"], "D", (0, (7, 1.5, 1, 1.5)))
"""Layers of two directions."""

CONVOLUTION = Mark(OKABE_ITO["orange"], "X", (0, (1.2, 1.2)))

OTHER = PALETTE[4]
"""What is neither a cell nor an implementation that has a mark."""

MARKERS = ("v", "s", "D", "o", "^", "P", "X", "*")
"""Markers of series that are neither cells nor implementations."""

BACKENDS = {
    "cpu": Mark(INK, "o", "-"),
    "torch": Mark(OKABE_ITO["orange"], "s", (0, (5, 1.5))),
    "onnxruntime": Mark(OKABE_ITO["purple"], "^", (0, (1.2, 1.2))),
}


@dataclass(frozen=True)
class Look:
    """Sizes and colours of a style. Widths in inches, type in points; `height` is fixed on slides only."""

    name: str
    width: float
    height: float | None
    type_size: float
    line: float
    marker: float
    ink: str
    grid: str
    background: str

    @property
    def slide(self) -> bool:
        """Whether the figure fills a 16:9 slide."""
        return self.height is not None


LOOKS = {
    "page": Look("page", 7.6, None, 9.5, 1.7, 4.2, INK, GRID, "none"),
    "paper": Look("paper", 6.4, None, 8.0, 1.3, 3.2, "#000000", "#d9d9d9", "#ffffff"),
    "slide-light": Look("slide-light", 12.8, 7.2, 17.0, 3.0, 7.5, "#1a1a1a", "#dedede", "#ffffff"),
    "slide-dark": Look("slide-dark", 12.8, 7.2, 17.0, 3.0, 7.5, "#f2f2f2", "#3d4450", "#12161d"),
}


def look(style: str) -> Look:
    """Return the look of a style; names the known ones where it is unknown."""
    if style not in LOOKS:
        raise ValueError(f"unknown style {style!r}; known: {', '.join(STYLES)}")
    return LOOKS[style]


def shades(levels: Sequence[Any]) -> dict[Any, Any]:
    """Return a colour for each level of something that grows: the middle of viridis, whose ends vanish on some page."""
    colors = sns.color_palette("viridis", as_cmap=True)
    return {level: colors(share) for level, share in zip(levels, np.linspace(0.32, 0.84, len(levels)), strict=True)}


def cell_mark(name: str) -> Mark:
    """Mark of a cell, of a layer of two directions, or of the convolution beside them."""
    if name not in known():
        return CONVOLUTION if name == "convolution" else OTHER
    cell = known().find(name)
    return TWO_DIRECTIONS if cell.directions > 1 else PALETTE[cell.color_slot % len(PALETTE)]


def backend_mark(name: str, of: Look) -> Mark:
    """Mark of an implementation; that of this suite is drawn in ink."""
    mark = BACKENDS.get(name, OTHER)
    return Mark(of.ink, mark.marker, mark.line) if mark.color == INK else mark


def settings(style: str) -> dict[str, Any]:
    """Matplotlib's settings for a style: to draw, and to save, so that the same figure gives the same bytes."""
    of = look(style)
    size = of.type_size
    return {
        **sns.axes_style("ticks"),
        "figure.facecolor": of.background,
        "savefig.facecolor": of.background,
        "axes.facecolor": "none",
        "axes.edgecolor": of.ink,
        "axes.labelcolor": of.ink,
        "axes.linewidth": of.line * 0.5,
        "axes.titlesize": size,
        "axes.titleweight": "bold",
        "axes.labelsize": size,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.unicode_minus": True,
        "grid.color": of.grid,
        "grid.linewidth": of.line * 0.4,
        "grid.linestyle": "-",
        "text.color": of.ink,
        "xtick.color": of.ink,
        "ytick.color": of.ink,
        "xtick.labelsize": size * 0.9,
        "ytick.labelsize": size * 0.9,
        "xtick.major.size": size * 0.35,
        "ytick.major.size": size * 0.35,
        "xtick.major.width": of.line * 0.5,
        "ytick.major.width": of.line * 0.5,
        "xtick.minor.size": 0,
        "ytick.minor.size": 0,
        "legend.fontsize": size * 0.95,
        "legend.frameon": False,
        "legend.handlelength": 2.6,
        "lines.linewidth": of.line,
        "lines.markersize": of.marker,
        "lines.markeredgewidth": of.line * 0.5,
        "lines.solid_capstyle": "round",
        "font.size": size,
        "font.family": "sans-serif",
        "font.sans-serif": ["DejaVu Sans"],
        "mathtext.fontset": "dejavusans",
        "svg.hashsalt": "recurbench",
        "svg.fonttype": "path",
        "pdf.fonttype": 42,
    }


@contextmanager
def canvas(style: str, rows: int = 1, columns: int = 1, ratio: float = 1.7, **share: Any) -> Iterator[Drawing]:
    """Open a figure of `rows` × `columns` panels; `ratio` is width over height (slides are always 16:9).

    On leaving, spines go, ticks are coloured, and the layout is fixed, all under the style's settings.
    """
    of = look(style)
    chosen: Any = settings(style)
    with mpl.rc_context(chosen):
        height = of.height if of.height is not None else of.width / ratio
        figure = Canvas(figsize=(of.width, height), layout="constrained")
        FigureCanvasAgg(figure)
        figure.get_layout_engine().set(w_pad=0.06, h_pad=0.06, wspace=0.03, hspace=0.03)  # type: ignore[union-attr, call-arg]
        if of.slide:
            figure.get_layout_engine().set(rect=(0.015, 0.02, 0.97, 0.96))  # type: ignore[union-attr, call-arg]
        panels = figure.subplots(rows, columns, squeeze=False, **share)
        drawing = Drawing(figure, [list(row) for row in panels], of)
        yield drawing
        sns.despine(fig=figure)
        for axes in figure.axes:
            axes.tick_params(colors=of.ink, labelcolor=of.ink)
        figure.draw_without_rendering()
        # ticks made now, under these settings, keep them when the figure is saved under others
        figure.set_layout_engine("none")


@dataclass(frozen=True)
class Drawing:
    """A figure in progress: its panels, row by row, and its look."""

    figure: Canvas
    panels: list[list[Axes]]
    look: Look

    @property
    def flat(self) -> list[Axes]:
        """Panels in reading order."""
        return [axes for row in self.panels for axes in row]

    def legend(self, handles: list[Any], *, columns: int | None = None) -> None:
        """Put a legend outside, above the panels, in one row unless told otherwise."""
        room: Any = {"columnspacing": 1.6, "handletextpad": 0.6, "borderaxespad": 0.2}
        self.figure.legend(handles=handles, loc="outside upper left", ncols=columns or len(handles), **room)

    def legend_in(self, axes: Axes, handles: list[Any]) -> None:
        """Use an empty panel for the legend."""
        axes.axis("off")
        axes.legend(handles=handles, loc="center left", borderaxespad=0.0, labelspacing=0.9)


def word(labels: Mapping[str, str], kind: str, level: object) -> str:
    """Return the catalogue's word for a level; else a cell's label, or the level itself."""
    name = str(level)
    neutral = known().find(name).label if kind == "cell" and name in known() else name
    return labels.get(f"{kind}.{name}", neutral)


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


def rule(of: Look, label: str, *, color: str | None = None, dash: Any = (0, (1, 2)), width: float = 0.5) -> Line2D:
    """Legend entry of a reference line."""
    return Line2D([], [], color=color or of.ink, linewidth=of.line * width, linestyle=dash, label=label)


def swatch(of: Look, label: str) -> Patch:
    """Legend entry of a shaded band."""
    return Patch(facecolor=of.ink, edgecolor="none", alpha=0.15, label=label)


def entry(mark: Mark, label: str) -> Line2D:
    """Legend entry of any marked line."""
    return Line2D([], [], color=mark.color, marker=mark.marker, linestyle=mark.line, label=label)


def beside(axes: Axes, handles: list[Any], title: str | None = None) -> None:
    """Put a legend at the right of a panel."""
    place: Any = {"loc": "center left", "bbox_to_anchor": (1.03, 0.5), "borderaxespad": 0.0, "title": title}
    axes.legend(handles=handles, **place)
