"""How figures look: five styles, and the canvas on which all are drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas
from matplotlib.legend import Legend
from matplotlib.transforms import Bbox, BboxBase, TransformedBbox

from analysis.cells import known
from analysis.drawing import fit, frame
from bench.names import unknown

STYLES = ("page", "paper", "slide-light", "slide-dark", "deck")

INK = "#010203"
"""Sentinel for text and axes in the styles "page" and "deck": the page replaces it by its own text colour."""
GRID = "#030201"
"""Sentinel for grid lines in the styles "page" and "deck"."""

LAST_ROW = 17.0
"""The smallest type of a slide, in points."""


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

    def small(self, share: float) -> float:
        """Return a share of the usual type size; on a slide never less than what is read from the last row."""
        return max(self.type_size * share, LAST_ROW) if self.slide else self.type_size * share


LOOKS = {
    "page": Look("page", 7.6, None, 9.5, 1.7, 4.2, INK, GRID, "none"),
    "paper": Look("paper", 6.4, None, 8.0, 1.3, 3.2, "#000000", "#d9d9d9", "#ffffff"),
    "slide-light": Look("slide-light", 12.8, 7.2, 19.0, 3.0, 8.0, "#1a1a1a", "#dedede", "#ffffff"),
    "slide-dark": Look("slide-dark", 12.8, 7.2, 19.0, 3.0, 8.0, "#f2f2f2", "#3d4450", "#12161d"),
    "deck": Look("deck", 12.8, 7.2, 19.0, 3.0, 8.0, INK, GRID, "none"),
}


def look(style: str) -> Look:
    """Return the look of a style; names the known ones where it is unknown."""
    if style not in LOOKS:
        raise ValueError(unknown("style", style, STYLES))
    return LOOKS[style]


def settings(style: str) -> dict[str, Any]:
    """Matplotlib's settings for a style: to draw, and to save, so that the same figure gives the same bytes."""
    of = look(style)
    size = of.type_size
    return {
        **sns.axes_style("ticks"),
        "figure.autolayout": False,
        "figure.constrained_layout.use": False,
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


def _lay_out(figure: Canvas, of: Look) -> None:
    """Place all parts. A slide is drawn besides, unseen: the place of its large names is known only then."""
    engine = figure.get_layout_engine()
    assert engine is not None
    if of.slide:
        figure.draw_without_rendering()
    else:
        engine.execute(figure)


@contextmanager
def canvas(style: str, rows: int = 1, columns: int = 1, ratio: float = 1.7, **share: Any) -> Iterator[Drawing]:
    """Open a figure of `rows` × `columns` panels; `ratio` is width over height (slides are always 16:9).

    On leaving, spines go, ticks are coloured, and the layout is fixed, all under the style's settings.
    """
    of = look(style)
    chosen: Any = settings(style)
    with mpl.rc_context(chosen):
        height = frame.height_of(of.height) if of.height is not None else of.width / ratio
        figure = Canvas(figsize=(of.width, height), layout="constrained")
        FigureCanvasAgg(figure)
        figure.get_layout_engine().set(w_pad=0.06, h_pad=0.06, wspace=0.03, hspace=0.03)  # type: ignore[union-attr, call-arg]
        box = frame.placed(figure) if of.slide else None
        if box is not None:
            figure.get_layout_engine().set(rect=box, w_pad=0.1, h_pad=0.08)  # type: ignore[union-attr, call-arg]
        panels = figure.subplots(rows, columns, squeeze=False, **share)
        drawing = Drawing(figure, [list(row) for row in panels], of, box)
        yield drawing
        sns.despine(fig=figure)
        for axes in figure.axes:
            axes.tick_params(colors=of.ink, labelcolor=of.ink)
        _lay_out(figure, of)
        if fit.break_long_names(figure, drawing.room):
            _lay_out(figure, of)
        # ticks made now, under these settings, keep them when the figure is saved under others; and a figure without
        # any layout engine is not drawn a second time, unseen, before each save
        figure.set_layout_engine(None)
        if box is not None:
            frame.moved_into(figure, box)


@dataclass(frozen=True)
class Drawing:
    """A figure in progress: its panels, row by row, and its look."""

    figure: Canvas
    panels: list[list[Axes]]
    look: Look
    box: frame.Box | None = None
    """The room of the drawing on a slide; None where it is the whole figure."""

    @property
    def flat(self) -> list[Axes]:
        """Panels in reading order."""
        return [axes for row in self.panels for axes in row]

    @property
    def room(self) -> BboxBase:
        """Where the drawing may be, in pixels."""
        box = self.box or (0.0, 0.0, 1.0, 1.0)
        return TransformedBbox(Bbox.from_bounds(*box), self.figure.transFigure)

    def legend(self, handles: list[Any], *, columns: int | None = None) -> None:
        """Put a legend outside, above the panels: in one row, unless told otherwise or that were too long."""
        room: Any = {"columnspacing": 1.6, "handletextpad": 0.6, "borderaxespad": 0.2, "loc": "outside upper left"}
        columns = columns or len(handles)
        placed = self.figure.legend(handles=handles, ncols=columns, **room)
        while columns > 1 and placed.get_window_extent().width > self.room.width:
            columns = -(-len(handles) // (-(-len(handles) // columns) + 1))  # as few as one more row needs
            placed.remove()
            placed = self.figure.legend(handles=handles, ncols=columns, **room)

    def legend_in(self, axes: Axes, handles: list[Any]) -> Legend:
        """Use an empty panel for the legend."""
        axes.axis("off")
        return axes.legend(handles=handles, loc="center left", borderaxespad=0.0, labelspacing=0.9)


def word(labels: Mapping[str, str], kind: str, level: object) -> str:
    """Return the catalogue's word for a level; else a cell's label, or the level itself."""
    name = str(level)
    neutral = known().find(name).label if kind == "cell" and name in known() else name
    return labels.get(f"{kind}.{name}", neutral)
