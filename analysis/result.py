"""The values that pass from `analysis` to `reports`. They carry numbers and ids, never prose.

Prose (titles, captions, alternative text, axis labels, verdict sentences) stands in the text catalogue of the
reports, one per language; `facts` are the numbers, already rounded by `analysis.show`, that it may quote.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

VERDICTS = ("supported", "refuted", "depends", "imprecise", "inconclusive", "not measured", "not testable", "fact")
"""A "fact" is a statement about the literature: cited, not measured."""


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval; `n` counts the independent units (seeds, blocks) behind it."""

    value: float
    low: float
    high: float
    unit: str
    n: int


@dataclass(frozen=True)
class Slice:
    """The finding on one part of the grid, for example initialiser = torch."""

    variable: str
    level: str
    estimate: Estimate
    verdict: str


@dataclass(frozen=True)
class Finding:
    """A claim of the lecture, judged. `estimate` is None where rows are missing (verdict "not measured")."""

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
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Figure:
    """A figure as a value: all that a reader needs to use and cite it, and that `analysis.figures.draw` needs.

    `data` is the tidy frame that is drawn, with intervals as columns: shown as a table, offered as CSV.
    `rows_sha` is 12 hex digits of the sha256 of the canonical CSV of `data`: the figure's version.
    """

    id: str
    data: pd.DataFrame
    rows_sha: str
    studies: tuple[str, ...]
    seeds: int = 0
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    """A small table for the page; the catalogue has its title, caption and column heads. Cells are strings."""

    id: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Analysis:
    """All that a report needs. `missing` maps a figure id to the study whose rows would be needed for it."""

    findings: tuple[Finding, ...]
    figures: tuple[Figure, ...]
    tables: tuple[Table, ...]
    missing: Mapping[str, str]
    environments: tuple[Mapping[str, object], ...]
    facts: Mapping[str, str] = field(default_factory=dict)
