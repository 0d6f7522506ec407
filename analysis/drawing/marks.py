"""Marks of series: one palette, the same colour, marker and line for a cell or an implementation everywhere.

References
----------
.. [1] M. Okabe, K. Ito, "Color universal design", 2008: eight colours that colour-blind readers tell apart.

"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import seaborn as sns

from analysis.cells import known
from analysis.drawing.style import INK, Look

OKABE_ITO = {
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "green": "#009E73",
    "yellow": "#F0E442",
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "purple": "#CC79A7",
}

GREY = "#808080"
"""As far from a white page as from a dark one."""


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
    Mark(OKABE_ITO["sky"], "*", (0, (2, 1))),
    Mark(OKABE_ITO["yellow"], "X", (0, (6, 1, 1, 1))),
)
"""Marks of cells, by their `color_slot`; from the last one on they begin anew."""

TWO_DIRECTIONS = Mark(OKABE_ITO["sky"], "D", (0, (7, 1.5, 1, 1.5)))
"""Layers of two directions."""

CONVOLUTION = Mark(OKABE_ITO["orange"], "X", (0, (1.2, 1.2)))

OTHER = Mark(GREY, "h", (0, (4, 2)))
"""What is neither a cell nor an implementation that has a mark."""

MARKERS = ("v", "s", "D", "o", "^", "P", "X", "*")
"""Markers of series that are neither cells nor implementations."""

DOTS = (0, (1, 2))
"""Line of what is no series: a threshold, a level, an edge."""

BACKENDS = {
    "cpu": Mark(INK, "o", "-"),
    "torch": Mark(OKABE_ITO["orange"], "s", (0, (5, 1.5))),
    "torch-compile": Mark(OKABE_ITO["sky"], "D", (0, (2, 1))),
    "onnxruntime": Mark(OKABE_ITO["purple"], "^", (0, (1.2, 1.2))),
}

GATES = {
    "f": Mark(OKABE_ITO["blue"], "o", "-"),
    "i": Mark(OKABE_ITO["orange"], "s", (0, (5, 1.5))),
    "o": Mark(OKABE_ITO["purple"], "^", (0, (1.2, 1.2))),
    "z": Mark(OKABE_ITO["green"], "D", "-"),
    "r": Mark(OKABE_ITO["vermillion"], "v", (0, (5, 1.5))),
}


def shades(levels: Sequence[Any]) -> dict[Any, Any]:
    """Return a colour for each level of something that grows: the middle of viridis, whose ends vanish on some page."""
    colors = sns.color_palette("viridis", as_cmap=True)
    return {level: colors(share) for level, share in zip(levels, np.linspace(0.32, 0.84, len(levels)), strict=True)}


def tints(color: str, count: int) -> list[str]:
    """Return shades of one colour, from a pale to a deep one; the colour itself where there is one alone."""
    if count == 1:
        return [color]
    pale, deep = sns.blend_palette([color, "#ffffff"], 9)[4], sns.blend_palette([color, "#3a0020"], 9)[2]
    return [str(shade) for shade in sns.blend_palette([pale, color, deep], count).as_hex()]


def cell_mark(name: str) -> Mark:
    """Mark of a cell, of a layer of two directions, or of the convolution beside them."""
    if name not in known():
        return CONVOLUTION if name == "convolution" else OTHER
    cell = known().find(name)
    return TWO_DIRECTIONS if cell.directions > 1 else PALETTE[cell.color_slot % len(PALETTE)]


def backend_mark(name: str, of: Look) -> Mark:
    """Mark of an implementation; that of this suite is drawn in ink."""
    return in_style(BACKENDS.get(name, OTHER), of)


def in_style(mark: Mark, of: Look) -> Mark:
    """Return a mark whose colour is ink in the ink of a style; any other as it is."""
    return Mark(of.ink, mark.marker, mark.line) if mark.color == INK else mark
