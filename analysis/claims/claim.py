"""A claim of the lecture as data: the quote, the statistic, and the interval in which the claim would be true.

Written before the data. Where one was revised afterwards, DECISIONS.md says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from analysis.claims.samples import Samples
from analysis.result import BASES, Estimate
from analysis.statistics.intervals import CONFIDENCE
from bench.names import unknown

KINDS = ("test", "half right", "exercise", "not testable", "fact")
"""`test`: judged by the rule. `half right`: part of the sentence is right, and the card says which. `exercise`: the
slide gives numbers to work out and claims nothing. `not testable`: nothing that can be measured here decides it.
`fact`: about the literature, cited."""

QUANTIFIERS = ("everywhere", "never", "can")
"""How far a claim goes: it holds at all levels; it says that something never happens, so that one level refutes it; it
says that something can happen, so that one level supports it."""

CHOICES = ("reading", "epsilon", "normalisation", "margin", "limit", "pooling", "rate", "confidence")
"""What an analyst could have chosen otherwise."""

Statistic = Callable[[pd.DataFrame], Samples | None]


@dataclass(frozen=True)
class Interval:
    """Closed interval of values under which a claim is true; an end that is not given is open."""

    low: float = -math.inf
    high: float = math.inf

    def verdict(self, estimate: Estimate) -> str:
        """Judge one estimate: inside, outside, or across the edge."""
        if self.low <= estimate.low and estimate.high <= self.high:
            return "supported"
        if estimate.high < self.low or estimate.low > self.high:
            return "refuted"
        return "inconclusive"


@dataclass(frozen=True)
class Alternative:
    """Another reasonable way to judge a claim: which choice differs, and what it is instead.

    `level` is the value of that choice, a number or a word of the catalogue. What is None stays as the claim has it.
    """

    choice: str
    level: float | str
    statistic: Statistic | None = None
    predicts: Interval | None = None
    confidence: float = CONFIDENCE
    pooled: bool = True

    def __post_init__(self) -> None:
        if self.choice not in CHOICES:
            raise ValueError(unknown("choice", self.choice, CHOICES))


def confidences(*levels: float) -> tuple[Alternative, ...]:
    """Judge by intervals of other confidence."""
    return tuple(Alternative("confidence", level, confidence=level) for level in levels)


def margins(predicts: Callable[[float], Interval], *levels: float) -> tuple[Alternative, ...]:
    """Judge by other margins: `predicts` makes the interval of one."""
    return tuple(Alternative("margin", level, predicts=predicts(level)) for level in levels)


@dataclass(frozen=True)
class Claim:
    """One sentence of the lecture and how it is tested.

    `statistic` is None where no rows of this stage can decide: then it is not measured. `slices_by` names the variables
    whose levels are different things (implementations, initialisers, hidden sizes where they decide): no average is
    taken over them, each level is judged, and the number on the card is that of the level `reference`. All other
    variables of the grid are pooled. `scope` limits the levels that the verdict rests on; those outside it are shown.
    `alternatives` are other reasonable ways to judge it, beside those that every claim is judged by. `also_reads` names
    the studies beside `study` whose rows its statistics read.
    """

    id: str
    number: int
    quote: str
    study: str = ""
    statistic: Statistic | None = None
    predicts: Interval | None = None
    figure: str = ""
    slices_by: tuple[str, ...] = ()
    scope: Mapping[str, str] = field(default_factory=dict)
    reference: Mapping[str, str] = field(default_factory=dict)
    kind: str = "test"
    basis: str = "measurement"
    quantifier: str = "everywhere"
    alternatives: tuple[Alternative, ...] = ()
    also_reads: tuple[str, ...] = ()

    @property
    def reads(self) -> tuple[str, ...]:
        """The studies whose rows its statistics read: `study`, and others beside it."""
        return tuple(filter(None, (self.study, *self.also_reads)))

    def __post_init__(self) -> None:
        for name, value, known in (
            ("kind", self.kind, KINDS),
            ("basis", self.basis, BASES),
            ("quantifier", self.quantifier, QUANTIFIERS),
        ):
            if value not in known:
                raise ValueError(f"{self.id}: {unknown(name, value, known)}")
        if self.kind == "test" and (self.statistic is None) != (self.predicts is None):
            raise ValueError(f"{self.id}: a statistic and what it predicts come together, or neither")
        outside = [name for name in self.scope if name not in self.slices_by]
        if outside:
            raise ValueError(f"{self.id}: scope {', '.join(outside)}; allowed: {', '.join(self.slices_by) or 'none'}")
        loose = [name for name in self.slices_by if name not in self.reference]
        if loose:
            raise ValueError(f"{self.id}: no reference level of {', '.join(loose)}; a number on the card needs one")
