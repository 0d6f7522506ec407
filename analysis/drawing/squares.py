"""Tables of squares, a small drawing in each: a row per arm, a column per length; which cell is which by colour."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from analysis.drawing import style
from analysis.drawing.arms import Arm
from analysis.drawing.marks import cell_mark

SIDE = 0.84
"""Side of a square; 1 is the distance of two."""
NARROWEST = 1.4
"""Width of a table of one column, in squares."""
GAP = 0.75
"""Room above the rows of a cell, for its name."""


def rows_down(arms: Sequence[Arm]) -> dict[Arm, float]:
    """Return where the middle of each arm's row lies, downwards from 0, with room between cells."""
    found, y = {}, -1.0
    for place, arm in enumerate(arms):
        y += 1.0 + GAP * (place == 0 or arm[0] != arms[place - 1][0])
        found[arm] = y
    return found


def panel_widths(columns: Sequence[Iterable[float]]) -> list[float]:
    """Return the widths of tables side by side, with squares of one size; a narrow one has room for its heading."""
    return [max(len(set(lengths)), NARROWEST) for lengths in columns]


def table_axes(axes: Axes, rows: Mapping[Arm, float], columns: Sequence[float]) -> None:
    """Make axes those of a table: lengths along the bottom, no lines, no spines; the names of arms are put apart."""
    axes.set_xlim(-0.5, len(columns) - 0.5)
    axes.set_ylim(max(rows.values()) + 0.6, -0.4)
    axes.set_xticks(range(len(columns)), [f"{length:g}" for length in columns])
    axes.set_yticks([])
    axes.tick_params(length=0)
    axes.grid(False)
    axes.spines[:].set_linewidth(0)


def arm_names(axes: Axes, rows: Mapping[Arm, float], labels: Mapping[str, str]) -> None:
    """Name the rows at the left, each by its start; the cell stands above its first one."""
    axes.set_yticks(list(rows.values()), [style.word(labels, "start", start) for _, start in rows])
    axes.tick_params(axis="y", length=0)
    tops = {name: y for (name, _), y in reversed(list(rows.items()))}
    for name, y in tops.items():
        place: Any = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points"}
        text = style.word(labels, "cell", name)
        axes.annotate(text, (0, y - 0.86), (-4, 0), ha="right", va="center", fontweight="bold", **place)


def frame_of(axes: Axes, x: float, y: float, look: style.Look) -> Rectangle:
    """Draw the empty square at a place."""
    square = Rectangle(
        (x - SIDE / 2, y - SIDE / 2), SIDE, SIDE, facecolor="none", edgecolor=look.grid, linewidth=look.line * 0.6
    )
    axes.add_patch(square)
    return square


def filled(axes: Axes, x: float, y: float, share: float, name: str, *, width: float = SIDE, alpha: float = 0.75,
           base: float = 0.0, hatch: str = "") -> None:  # fmt: skip
    """Fill a share of a square from `base` up, `width` wide around x, in the colour of a cell."""
    color = cell_mark(name).color
    patch = Rectangle(
        (x - width / 2, y + SIDE / 2 - SIDE * (base + share)), width, SIDE * share,
        facecolor="none" if hatch else color, edgecolor=color if hatch else "none", hatch=hatch,
        alpha=1.0 if hatch else alpha, linewidth=0,
    )  # fmt: skip
    axes.add_patch(patch)


def ground(axes: Axes, x: float, y: float, name: str, width: float, look: style.Look) -> None:
    """Draw the ground of a bar: without one nothing was measured, however low the bar is."""
    half, bottom = width / 2, y + SIDE / 2
    axes.plot([x - half, x + half], [bottom, bottom], color=cell_mark(name).color, linewidth=look.line * 0.6)
