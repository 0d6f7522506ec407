"""Colours, markers and kinds of line of an experiment's series: a cell has its own everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.drawing.marks import GATES, MARKERS, OTHER, PALETTE, Mark, backend_mark, cell_mark, in_style, shades
from analysis.drawing.style import INK, Look
from analysis.experiments.levels import in_order, is_text
from analysis.result import Layout

DASHES: Sequence[Any] = ("-", (0, (5, 1.5)), (0, (1.2, 1.2)), (0, (5, 1.5, 1, 1.5)))


@dataclass(frozen=True)
class Looks:
    """How each level is drawn; `line` is the width of a line in points."""

    colours: Mapping[Any, Mark]
    dashes: Mapping[Any, Any]
    line: float

    def mark(self, key: Sequence[Any]) -> Mark:
        """Return the mark of a series: the colour of its first level, and the kind of line of its second."""
        mark = self.colours[key[0]] if key and key[0] in self.colours else next(iter(self.colours.values()))
        if not self.dashes:
            return mark
        return Mark(mark.color, mark.marker, self.dashes[key[-1]])

    def place(self, key: Sequence[Any]) -> int:
        """Return the place of a series' colour among all, by which its markers are set apart from the others'."""
        return list(self.colours).index(key[0]) if key and key[0] in self.colours else 0


def looks_of(data: pd.DataFrame, layout: Layout, of: Look) -> Looks:
    """Give every level of the colour a mark, and every level of the kind of line a dash."""
    field = layout.colour or layout.x
    levels = in_order(field, data[field])
    dashes = dict(zip(in_order(layout.line, data[layout.line]), DASHES, strict=False)) if layout.line else {}
    return Looks(_marks(field, levels, of), dashes, of.line)


def _marks(field: str, levels: Sequence[Any], of: Look) -> dict[Any, Mark]:
    if field == "name":
        return {level: in_style(cell_mark(level), of) for level in levels}
    if field == "backend":
        return {level: backend_mark(level, of) for level in levels}
    if field == "gate":
        return {level: GATES.get(level, OTHER) for level in levels}
    if is_text(levels):
        return {level: PALETTE[place % len(PALETTE)] for place, level in enumerate(levels)}
    if len(levels) == 1:
        return {levels[0]: in_style(Mark(INK, MARKERS[0], "-"), of)}
    colours = shades(levels)
    return {level: Mark(colours[level], MARKERS[place % len(MARKERS)], "-") for place, level in enumerate(levels)}
