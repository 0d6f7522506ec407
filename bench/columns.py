"""What each column of a row may hold: its kind, its range, its words; and the unit of each metric.

The row schema of `bench.rows` names the columns. Whatever reads rows from outside, such as an export that was edited by
hand, holds every cell to what stands here (`analysis.schema_check`).
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from bench import names
from bench.case import BACKENDS, DIRECTIONS, LEAST, MERGES
from bench.conditions import CONDITIONS
from bench.metrics import METRICS
from bench.rows import COLUMNS, STATUSES

BILLION = 10**9


@dataclass(frozen=True)
class Whole:
    """Whole numbers in a range, both ends included."""

    least: int
    most: int = BILLION
    kept_as: str = "int64"

    @property
    def allowed(self) -> str:
        """Say it in words."""
        if self.most == 1:
            return f"{self.least} or 1"
        return f"whole numbers, {self.least} or more" + (f", up to {self.most}" if self.most < BILLION else "")


@dataclass(frozen=True)
class Real:
    """Finite numbers in a range, both ends included but for `least` with `above`; with `empty`, or none at all."""

    least: float = -math.inf
    most: float = math.inf
    above: bool = False
    empty: bool = False
    kept_as: str = "float64"

    @property
    def allowed(self) -> str:
        """Say it in words."""
        ends = []
        if self.least > -math.inf:
            ends.append(f"more than {self.least:g}" if self.above else f"{self.least:g} or more")
        if self.most < math.inf:
            ends.append(f"{self.most:g} or less")
        return ", ".join(["finite numbers", *ends])


@dataclass(frozen=True)
class Words:
    """One of some words, or one that follows a pattern; `called` is what those are."""

    known: tuple[str, ...]
    pattern: str = ""
    called: str = ""

    def allows(self, word: str) -> bool:
        """Say whether it is one of them."""
        return word in self.known or (self.pattern != "" and re.fullmatch(self.pattern, word) is not None)

    @property
    def allowed(self) -> str:
        """Say it in words."""
        return ", ".join(self.known) + (f", or {self.called}" if self.called else "")


@dataclass(frozen=True)
class Text:
    """Text that follows a pattern."""

    pattern: str
    allowed: str

    def allows(self, word: str) -> bool:
        """Say whether all of it does."""
        return re.fullmatch(self.pattern, word, re.DOTALL) is not None


@dataclass(frozen=True)
class Moment:
    """A day, or a day with its time, as ISO 8601 writes it."""

    allowed: str = "a date that exists, as 2026-11-28, or with its time, as 2026-11-28T09:40:17+00:00"

    def allows(self, word: str) -> bool:
        """Say whether there is such a moment."""
        if not re.fullmatch(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?)?", word, re.ASCII):
            return False
        try:
            datetime.datetime.fromisoformat(word)
        except ValueError:
            return False
        return True


@dataclass(frozen=True)
class MetricName:
    """A metric of `bench.metrics`, or one of a family of `FAMILIES`."""

    allowed: str = f"{', '.join(METRICS)}, or one of these with the name of its part, gate or state"

    def allows(self, word: str) -> bool:
        """Say whether it is one."""
        return unit_of(word) is not None


Column = Whole | Real | Words | Text | Moment | MetricName

IDENTIFIER = Text(r"[0-9A-Za-z_-]+", "letters, digits, _ and -")
SIZES = {name: Whole(least) for name, least in LEAST.items() if name != "seed"}
CONDITION_RANGES: dict[str, Column] = {
    "input_scale": Real(0),
    "input_seed": Whole(-1, 2**53, kept_as="float64"),
    "learning_rate": Real(0),
    "clip": Real(0),
    "budget": Whole(0, kept_as="float64"),
    "train_size": Whole(0, kept_as="float64"),
}
"""Of the conditions that are numbers those whose meaning has a range; of the others every finite number."""


def _condition(name: str) -> Column:
    condition = CONDITIONS[name]
    if isinstance(condition.default, str):
        return Words(condition.allowed) if condition.allowed else Text(r"\S+", "a word without spaces")
    return CONDITION_RANGES.get(name, Real())


SCHEMA: dict[str, Column] = {
    "study": Words(names.study_names(), names.EXPERIMENT_PATTERN, f"{names.EXPERIMENT}NAME"),
    "cell": Words((*names.cell_names(), *names.OTHER_WORK)),
    "backend": Words(tuple(BACKENDS)),
    "direction": Words(DIRECTIONS),
    "merge": Words(MERGES),
    "dtype": Words(names.DTYPES),
    "initialiser": Words(names.INITIALISERS),
    "initialiser_value": Real(),
    "seed": Whole(LEAST["seed"], 2**63 - 1),
    **SIZES,
    **{name: _condition(name) for name in CONDITIONS},
    "metric": MetricName(),
    "value": Real(empty=True),
    "unit": Text(r".*", "the unit of the metric"),
    "block": Whole(0),
    "replicate": Whole(0),
    "step": Real(-BILLION, BILLION),
    "status": Words(STATUSES),
    "reason": Text(r".*", "any text"),
    "environment": IDENTIFIER,
    "code_version": IDENTIFIER,
    "run": Text(r"[0-9A-Za-z_-]*", "letters, digits, _ and -, or nothing"),
    "whole": Whole(0, 1),
    "measured_at": Moment(),
}
"""Column name to what it may hold, for every column of `bench.rows.COLUMNS`."""
SCHEMA = {name: SCHEMA[name] for name in COLUMNS}


def schema(cells: Iterable[str] = ()) -> dict[str, Column]:
    """Return `SCHEMA`, with cells besides that are not of this checkout."""
    column = SCHEMA["cell"]
    assert isinstance(column, Words)
    return SCHEMA | {"cell": replace(column, known=tuple(dict.fromkeys((*column.known, *cells))))}


NAMED = r"[a-z][a-z0-9]*"  # a gate or a state: cells that are not of this checkout have others than its own
FAMILIES: dict[str, tuple[str, str]] = {
    "part_flops": ("FLOP", r"[a-z_]+"),
    "lost_seen": ("steps", "normal|denormal"),
    "lost_computed": ("steps", "normal|denormal"),
    "log10_norm": ("log10", NAMED),
    "log10_norm_every": ("log10", NAMED),
    "log10_clamped": ("log10", NAMED),
    "log10_jacobian": ("log10", "(joint|cell)_(rms|spectral)|cell_path"),
    "gate_mean": ("1", NAMED),
    "gate_min": ("1", NAMED),
    "gate_max": ("1", NAMED),
    "gate_saturated": ("1", NAMED),
    "time_constant": ("steps", NAMED),
    "log10_profile": ("log10", "before|during|after"),
    "keep": ("1", "before|during|after"),
    "trained_gate": ("1", NAMED),
    "trained_state": ("1", NAMED),
    "train_part_s": ("s", "[a-z_]+"),
}
"""Of the metrics whose names end with a part, a gate or a state: the unit, and a pattern of that ending."""
ONLY_FAMILIES = frozenset(FAMILIES) & frozenset(METRICS)
FAILURE = "failure"
"""The metric of the one row of an item that failed as a whole; it has no unit."""


def unit_of(metric: str) -> str | None:
    """Return the unit of a metric as rows name it; None where there is no such metric."""
    if metric == FAILURE:
        return ""
    if metric in METRICS and metric not in ONLY_FAMILIES:
        return METRICS[metric][0]
    for family, (unit, ending) in FAMILIES.items():
        if metric.startswith(f"{family}_") and re.fullmatch(ending, metric.removeprefix(f"{family}_"), re.ASCII):
            return unit
    return None


LARGEST = 1e30
UNITS: dict[str, Real] = {
    "s": Real(0, LARGEST, above=True),
    "FLOP/s": Real(0, LARGEST, above=True),
    "Hz": Real(0, LARGEST, above=True),
    "FLOP": Real(0, LARGEST),
    "B": Real(0, LARGEST),
    "count": Real(0, LARGEST),
    "steps": Real(0, LARGEST),
    "log10": Real(-BILLION, BILLION),
    "nats per step": Real(-BILLION, BILLION),
    "1": Real(-LARGEST, LARGEST),
    "": Real(),
}
"""Unit to the range of a value that has it. Times are compared by their ratio, so that none may be 0."""
