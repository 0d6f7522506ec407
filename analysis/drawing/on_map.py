"""Lines on a map of colours, which look alike on every page: dark, with a pale edge; and the map's scale and cells."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib import patheffects
from matplotlib.colors import FuncNorm, Normalize
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from analysis.drawing.marks import DOTS
from analysis.drawing.style import Look

PALE, DARK = "#f7f7f7", "#1a1a1a"
"""Ink on a map, which has the same colours on every page."""
DASHES = (0, (3, 1.5))


def fine_at_zero(largest: float, fine: float) -> Normalize:
    """Return a colour scale with zero in its middle: spread up to `fine`, compressed beyond, as asinh."""

    def forward(value: Any) -> Any:
        return np.arcsinh(np.asarray(value) / fine)

    def inverse(value: Any) -> Any:
        return np.sinh(np.asarray(value)) * fine

    return FuncNorm((forward, inverse), vmin=-largest, vmax=largest)


def edges_between(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the edges of cells on a logarithmic axis: halfway between values, and as far beyond both ends.

    (n,) to (n + 1,), ascending.
    """
    x = np.log(values)
    middle = (x[1:] + x[:-1]) / 2
    first, last = (2 * x[0] - middle[0], 2 * x[-1] - middle[-1]) if x.size > 1 else (x[0] - 0.5, x[0] + 0.5)
    edges: NDArray[np.float64] = np.exp(np.concatenate([[first], middle, [last]]))
    return edges


def thick(look: Look, label: str = "") -> Line2D:
    """Return a thick line: what was measured."""
    return _cased(Line2D([], [], color=DARK, linewidth=look.line * 1.9, label=label, zorder=3), look.line * 1.2)


def dashed(look: Look, label: str = "") -> Line2D:
    """Return a thin dashed line: theory of what was measured."""
    return _thin(look, DASHES, label)


def dotted(look: Look, label: str = "") -> Line2D:
    """Return a thin dotted line: another theory."""
    return _thin(look, DOTS, label)


def circles(look: Look, label: str = "") -> Line2D:
    """Return pale circles with a dark edge."""
    return Line2D(
        [], [], color=DARK, linestyle="none", marker="o", markersize=look.marker * 1.3, markerfacecolor=PALE,
        markeredgewidth=look.line * 0.7, label=label, zorder=4,
    )  # fmt: skip


def capped(look: Look, label: str = "") -> Line2D:
    """Return a thin line with a bar at each end: a range."""
    width = look.line * 0.8
    line = Line2D(
        [], [], color=DARK, linewidth=width, marker="_", markersize=look.marker * 2, markeredgewidth=width, label=label,
        zorder=3.5,
    )  # fmt: skip
    return _cased(line, look.line * 0.8)


def _thin(look: Look, dash: Any, label: str) -> Line2D:
    line = Line2D([], [], color=DARK, linewidth=look.line * 0.9, linestyle=dash, label=label, zorder=3)
    return _cased(line, look.line)


def _cased(line: Line2D, edge: float) -> Line2D:
    """Give a dark line a pale edge: to be seen on the map, and in the legend on a page of either kind."""
    line.set_path_effects([patheffects.withStroke(linewidth=line.get_linewidth() + edge, foreground=PALE)])
    return line
