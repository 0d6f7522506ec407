"""The values that pass from `analysis` to `reports`. They carry numbers and ids, never prose.

Prose (titles, captions, alternative text, axis labels, verdict sentences) stands in the text catalogue of the
reports, one per language; `facts` are the numbers that it may quote. The reports round them (`reports.numbers`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from analysis.cells import Cells
from bench.experiments.definition import Experiment

if TYPE_CHECKING:
    import pandas as pd

VERDICTS = (
    "supported", "refuted", "depends", "half right", "inconclusive", "not measured", "not testable", "exercise", "fact",
)  # fmt: skip
"""An "exercise" gives numbers to work out and claims nothing. A "fact" is a statement about the literature: cited."""

JUDGED = ("supported", "refuted", "depends", "half right", "inconclusive")
"""Verdicts on what a sentence claims, from rows or from its words."""

BASES = ("measurement", "definition")
"""What a verdict rests on: a `measurement` could have come out otherwise; what follows from the equations or from
counting is true by `definition`, and its rows check the code."""

RANGE = "range"
"""Unit of an estimate whose interval is the smallest and largest value seen."""

LOGARITHM = "log10"
"""Unit of a number that is kept as its decimal logarithm."""


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval; `n` counts the independent units (seeds, blocks) behind it."""

    value: float
    low: float
    high: float
    unit: str
    n: int


DIGITS = 4
"""Significant digits that a number without an interval is worth, unless it says otherwise."""


@dataclass(frozen=True)
class Number:
    """A number without an interval, and how exactly it is worth reading.

    Parameters
    ----------
    value
        In `unit`. Of the unit "log10" it is a decimal logarithm: so a gradient of 1e-600 is a number.
    unit
        "1" for a pure number.
    digits
        Significant digits, where there is no fixed number of decimals.
    decimals
        Decimals, for numbers that are compared digit by digit.

    """

    value: float
    unit: str = "1"
    digits: int = DIGITS
    decimals: int | None = None


Fact = Estimate | Number | float | str | tuple[float, ...]
"""What a sentence may quote: a number, or the name of a level (a precision, for example); never a rounded number."""

Cell = Estimate | Number | float | str | None
"""What stands in a table: a number, the name of a level (True and False are levels), or nothing."""


def fact_key(*levels: object) -> str:
    """Name a fact after the levels it belongs to: ("gru-reset-before", -0.5) is "gru_reset_before_m0_5"."""
    words = (f"{level:g}" if isinstance(level, float) else str(level) for level in levels)
    return "_".join(re.sub(r"^-", "m", word).replace("-", "_").replace(".", "_") for word in words)


@dataclass(frozen=True)
class Slice:
    """The finding on one part of the grid, for example initialiser = torch."""

    variable: str
    level: str
    estimate: Estimate
    verdict: str


@dataclass(frozen=True)
class AlternativeVerdict:
    """What the verdict would be, had one choice of the analysis been another.

    `level` is the value of that choice, a number or a word of the catalogue.
    """

    choice: str
    level: float | str
    verdict: str


@dataclass(frozen=True)
class Finding:
    """A claim of the lecture, judged. `estimate` is None where rows are missing (verdict "not measured").

    `quantifier` is "never" where one level refutes and "can" where one supports.
    `basis` says whether the verdict rests on a "measurement" or is true by "definition" and was checked. `slices` has
    the levels that differ from the card's in one variable; `alternatives` the other ways to judge that were tried.
    """

    claim_id: str
    number: int
    quote: str
    verdict: str
    study: str
    estimate: Estimate | None = None
    predicts: tuple[float, float] | None = None
    slices: tuple[Slice, ...] = ()
    depends_on: str = ""
    figure: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)
    basis: str = "measurement"
    quantifier: str = "everywhere"
    alternatives: tuple[AlternativeVerdict, ...] = ()


Levels = tuple[tuple[str, Any], ...]
"""A place among what varies: pairs of a column and its level, a word or a number."""

EXPERIMENT_FIGURE = "experiment-"
"""What the id of an experiment's figure begins with; its name follows."""


@dataclass(frozen=True)
class Layout:
    """What stands where in the figure of an experiment, which no file of `analysis/figures` knows.

    Parameters
    ----------
    definition
        What was asked.
    reading
        Which quantity it is: it has a name for its axis, and sentences, in the catalogue.
    scale
        Of the values: "log10" (they are decimal logarithms), "seconds", "ratio", "count", "share" or "plain".
    x
        The column along x; where its levels are words, they stand below one another, and the values run along x.
    colour, line, panels
        The columns whose levels have a colour, a kind of line and a panel each; empty for none.
    values
        Columns of the middle and of its lower and upper end.
    quoted
        What the facts are about, by their first word: that of `highest_value` is at the levels of "highest".

    """

    definition: Experiment
    reading: str
    scale: str
    x: str
    colour: str = ""
    line: str = ""
    panels: tuple[str, ...] = ()
    values: tuple[str, str, str] = ("value", "low", "high")
    quoted: Mapping[str, Levels] = field(default_factory=dict)


@dataclass(frozen=True)
class Figure:
    """A figure as a value: all that a reader needs to use and cite it, and that `analysis.figures.draw` needs.

    `cells` are those in force when it was built: its marks, order and labels.
    `data` is the tidy frame that is drawn, with intervals as columns: shown as a table, offered as CSV.
    `rows_sha` is 12 hex digits of the sha256 of the canonical CSV of `data`: the figure's version.
    `layout` says how the figure of an experiment is drawn; None for those that have a file in `analysis/figures`.
    """

    id: str
    data: pd.DataFrame
    rows_sha: str
    studies: tuple[str, ...]
    seeds: int = 0
    facts: Mapping[str, Fact] = field(default_factory=dict)
    cells: Cells = field(default_factory=Cells)
    layout: Layout | None = None


@dataclass(frozen=True)
class Table:
    """A small table; the catalogue has its title, caption and column heads."""

    id: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    facts: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """An experiment with its answer. `figure` and `table` are None where none of its rows has a value to draw.

    `without` counts its rows that have none, by their status; a row whose status is "zero" is exactly 0, and its
    logarithm has no number.
    """

    definition: Experiment
    figure: Figure | None
    table: Table | None
    rows: int
    without: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, repr=False)
class Analysis:
    """All that a report needs. `missing` maps a figure id to the study whose rows would be needed for it.

    `figures` are those of the lecture; an experiment has its own in `experiments`, from which nothing is judged.
    """

    findings: tuple[Finding, ...]
    figures: tuple[Figure, ...]
    tables: tuple[Table, ...]
    missing: Mapping[str, str]
    environments: tuple[Mapping[str, object], ...]
    facts: Mapping[str, Fact] = field(default_factory=dict)
    cells: Cells = field(default_factory=Cells)
    experiments: tuple[Asked, ...] = ()

    @property
    def every_figure(self) -> tuple[Figure, ...]:
        """Return the figures of the lecture, and after them those of the experiments."""
        return self.figures + tuple(asked.figure for asked in self.experiments if asked.figure is not None)

    def __repr__(self) -> str:
        parts = {"findings": self.findings, "figures": self.every_figure, "tables": self.tables}
        return f"Analysis of {', '.join(f'{len(found)} {name}' for name, found in parts.items())}"
