"""What stands where: which field has x, the colours, the kinds of line and the panels, where nobody has said so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.experiments.levels import is_text
from bench.experiments.definition import STEP, Experiment

FEW_LINES = 4
"""Levels that kinds of line tell apart."""


@dataclass(frozen=True)
class Places:
    """Columns in their places; empty for none. An `x` of "step" stands for the steps of a curve."""

    x: str
    colour: str
    line: str
    panels: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns that have a place, whether or not they vary; steps are none."""
        return tuple(field for field in (self.x, self.colour, self.line, *self.panels) if field not in ("", STEP))


def column_of(field: str) -> str:
    """Return the column of a field of a definition, that of the cell is `name`; empty for "step", which is no field."""
    return {"cell": "name", STEP: ""}.get(field, field)


def places(experiment: Experiment, levels: Mapping[str, Sequence[Any]], x: str) -> Places:
    """Give every field that varies a place: as the definition says, else as is easiest to read.

    Parameters
    ----------
    experiment
        Its x, colour and column are kept.
    levels
        Of each field, those that the rows have.
    x
        What stands along x where the definition does not say: "step", or a field.

    """
    x = column_of(experiment.x) or x
    colour, column = column_of(experiment.colour), column_of(experiment.column)
    rest = [field for field, found in levels.items() if len(found) > 1 and field not in (x, colour, column)]
    if not colour and rest:
        colour = _colour(rest, levels, experiment)
        rest.remove(colour)
    panels = [column] if column else []
    line = ""
    dots = is_text(levels.get(x, ()))  # they have no lines
    able = [field for field in rest if not dots and field != "name" and len(levels[field]) <= FEW_LINES]
    if len(rest) + len(panels) > 1 and able:
        line = min(able, key=lambda field: (len(levels[field]), -rest.index(field)))
    panels += [field for field in rest if field != line]
    return Places(x, colour or ("" if x == "name" else "name"), line, tuple(panels))


def _colour(rest: Sequence[str], levels: Mapping[str, Sequence[Any]], experiment: Experiment) -> str:
    """Choose parts of a family first, then cells, which have colours of their own, then what has most levels."""
    for field in (experiment.asked.part, "name"):
        if field in rest:
            return field
    return max(rest, key=lambda field: (len(levels[field]), -rest.index(field)))


def along(levels: Mapping[str, Sequence[Any]], preferred: Sequence[str] = ()) -> str:
    """Choose a field for x: the number that varies most, of the preferred ones where they vary; else what has words.

    Where nothing varies at all it is the cell.
    """
    varied = {field: len(found) for field, found in levels.items() if len(found) > 1}
    numbers = [field for field in varied if not is_text(levels[field])]
    candidates = [field for field in numbers if field in preferred] or numbers
    if candidates:
        return max(candidates, key=lambda field: (varied[field], -candidates.index(field)))
    return "name" if "name" in varied or not varied else next(iter(varied))
