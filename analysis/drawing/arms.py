"""Marks of arms: the cell says the colour, the start its shade, marker and line; alike in every figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from analysis.cells import cell_order
from analysis.drawing import fit
from analysis.drawing.marks import DOTS, OTHER, Mark, cell_mark, tints
from analysis.drawing.style import Look, word
from analysis.readings.trainings import START_ORDER
from analysis.select import ordered_keys

Arm = tuple[str, str]
"""Name of a cell and of how it starts."""

STARTS = {
    "torch": ("o", "-"),
    "keras": ("P", (0, (4, 2))),
    "orthogonal": ("D", (0, (3.5, 1.2, 1, 1.2))),
    "torch-fb1": ("s", (0, (5, 1.5))),
    "chrono": ("^", (0, (1.2, 1.2))),
    "chrono-oracle": ("v", DOTS),
}
"""Marker and line of a start."""

NARROW = 15
"""Letters of a name that fit above a panel of a slide, or beside a line of its legend."""


def in_order(arms: Sequence[Arm]) -> list[Arm]:
    """Arms in the house's order: by cell, then by start."""
    return [(str(name), str(start)) for name, start in ordered_keys(set(arms), cell_order(), START_ORDER)]


def arm_marks(arms: Sequence[Arm]) -> dict[Arm, Mark]:
    """Return the mark of each arm; arms of one cell have shades of its colour, in the house's order."""
    found = {}
    arms = in_order(arms)
    for name in dict.fromkeys(name for name, _ in arms):
        starts = [start for cell, start in arms if cell == name]
        for start, shade in zip(starts, tints(cell_mark(name).color, len(starts)), strict=True):
            marker, line = STARTS.get(start, (OTHER.marker, OTHER.line))
            found[name, start] = Mark(shade, marker, line)
    return found


def arm_word(arm: Arm, labels: Mapping[str, str]) -> str:
    """Return the words of an arm: "LSTM, forget bias 1"."""
    return f"{word(labels, 'cell', arm[0])}, {word(labels, 'start', arm[1])}"


def arm_heading(axes: Axes, arm: Arm, labels: Mapping[str, str], look: Look) -> None:
    """Write the cell above a panel, and below it how it starts: on a slide in two lines where it is long."""
    start = word(labels, "start", arm[1])
    if look.slide and len(start) > NARROW:
        start = fit.one_line_more(start)
    above = "\n" * (start.count("\n") + 1)
    axes.set_title(word(labels, "cell", arm[0]) + above, loc="left", color=look.ink)
    axes.text(0, 1.03, start, transform=axes.transAxes, ha="left", va="bottom", fontsize=look.small(0.88))
