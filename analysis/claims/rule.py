"""A claim of the lecture as data, and the rule that judges it.

Written before the data: the quote, the statistic, the interval `predicts` in which the claim would be true. Where one
was revised afterwards, DECISIONS.md says so.

The rule, at each point of the grid: the interval of the estimate lies inside `predicts`: supported; wholly outside:
refuted; it straddles the edge, or it overlaps the A/A interval: inconclusive. Over the grid: supported (refuted) where
at least 90 % of the points are; depends where points of both kinds exist, and the variable is named whose levels tell
them apart best; inconclusive otherwise. A claim that says "never" or "only" is refuted by one point.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis.claims.samples import Samples
from analysis.result import Estimate, Fact, Finding, Slice, fact_key
from analysis.select import BACKEND_ORDER, DIRECTION_ORDER, INITIALISER_ORDER, ordered
from analysis.statistics.intervals import generator

SHARE = 0.9
"""Share of the grid that has to agree."""

KINDS = ("test", "imprecise", "not testable", "fact")
"""`test`: judged by the rule. `imprecise`: the wording cannot be true or false; the number says what is the case.
`not testable`: nothing that can be measured here decides it. `fact`: about the literature, cited."""

ORDERS = {"initialiser": INITIALISER_ORDER, "backend": BACKEND_ORDER, "direction": DIRECTION_ORDER}
"""Order of the levels of a variable; those of others are sorted."""

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
class Claim:
    """One sentence of the lecture and how it is tested.

    `statistic` is None where no rows of this stage can decide: then it is not measured. `scope` limits the points that
    the verdict rests on; levels outside it are shown as slices. `reference` names the level whose number stands on
    the card where an average over levels (two implementations, say) would mean nothing. `never`: one counter-example
    refutes.
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
    never: bool = False

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"{self.id}: unknown kind {self.kind!r}; known: {', '.join(KINDS)}")
        if self.kind == "test" and (self.statistic is None) != (self.predicts is None):
            raise ValueError(f"{self.id}: a statistic and what it predicts come together, or neither")


def judge(claim: Claim, frame: pd.DataFrame) -> Finding:
    """Judge a claim on the tidy rows of a run.

    Returns
    -------
    Finding
        "not measured" where the rows that its statistic needs are missing.

    """
    samples = claim.statistic(frame) if claim.statistic is not None else None
    if samples is None or samples.frame.empty:
        verdict = claim.kind if claim.kind in ("not testable", "fact") else "not measured"
        return _finding(claim, verdict)
    rng = generator(claim.id)
    points = _points(claim, samples, rng)
    scoped = points.loc[_matches(points, claim.scope)]
    if scoped.empty:
        return _finding(claim, "not measured")
    verdict = claim.kind if claim.kind != "test" else share_rule(scoped["verdict"], claim.never)
    slices = tuple(part for variable in claim.slices_by for part in _slices(claim, samples, points, variable, rng))
    inside = samples.frame.loc[_matches(samples.frame, claim.scope)]
    chosen = inside.loc[_matches(inside, claim.reference)]
    estimate = samples.estimate(rng, inside if chosen.empty else chosen)
    variables = (*claim.slices_by, *(name for name in samples.variables if name not in claim.slices_by))
    return _finding(
        claim,
        verdict,
        estimate=estimate,
        slices=slices,
        depends_on=telling_variable(scoped, variables) if verdict == "depends" else "",
        facts=_facts(claim, samples, estimate, slices, scoped),
    )


def share_rule(verdicts: pd.Series, never: bool = False) -> str:
    """Return the verdict over the points of a grid (see the module)."""
    supported, refuted = (verdicts == "supported").mean(), (verdicts == "refuted").mean()
    if never and refuted > 0:
        return "refuted"
    if supported >= SHARE:
        return "supported"
    if refuted >= SHARE:
        return "refuted"
    return "depends" if supported > 0 and refuted > 0 else "inconclusive"


def telling_variable(points: pd.DataFrame, variables: tuple[str, ...]) -> str:
    """Return the variable whose levels part supported from refuted points best (least Gini impurity inside levels)."""
    decided = points.loc[points["verdict"].isin(["supported", "refuted"])]
    yes = decided["verdict"] == "supported"
    best = ""
    least = math.inf
    for name in variables:
        if decided[name].nunique() < 2:
            continue
        share = yes.groupby(decided[name]).mean()
        weight = decided.groupby(name).size() / len(decided)
        impurity = float((weight * share * (1 - share)).sum())
        if impurity < least - 1e-12:
            best, least = name, impurity
    return best


def _points(claim: Claim, samples: Samples, rng: np.random.Generator) -> pd.DataFrame:
    """Estimate and verdict at each point of the grid."""
    predicts = claim.predicts or Interval()
    rows = []
    names = list(samples.variables)
    groups = samples.frame.groupby(names, sort=True) if names else [((), samples.frame)]
    for key, part in groups:
        estimate = samples.estimate(rng, part)
        verdict = predicts.verdict(estimate)
        if verdict == "supported" and "noise_low" in part.columns:
            noise_low, noise_high = part["noise_low"].iloc[0], part["noise_high"].iloc[0]
            if estimate.low <= noise_high and noise_low <= estimate.high:
                verdict = "inconclusive"
        rows.append((*key, estimate.value, estimate.low, estimate.high, estimate.n, verdict))
    return pd.DataFrame(rows, columns=[*names, "value", "low", "high", "n", "verdict"])


def _slices(
    claim: Claim, samples: Samples, points: pd.DataFrame, variable: str, rng: np.random.Generator
) -> list[Slice]:
    if variable not in samples.variables:
        raise ValueError(f"{claim.id}: cannot slice by {variable!r}; known: {', '.join(samples.variables)}")
    scope = {name: level for name, level in claim.scope.items() if name != variable}
    if variable in claim.scope:
        scope |= {name: level for name, level in claim.reference.items() if name != variable}
    inside = points.loc[_matches(points, scope)]
    rows = samples.frame.loc[_matches(samples.frame, scope)]
    found = []
    parts = dict(list(inside.groupby(variable)))
    for level in ordered(parts, ORDERS.get(variable, ())):
        part = parts[level]
        estimate = samples.estimate(rng, rows.loc[rows[variable] == level])
        verdict = share_rule(part["verdict"], claim.never) if claim.kind == "test" else claim.kind
        found.append(Slice(variable, level_name(level), estimate, verdict))
    return found


def level_name(level: object) -> str:
    """Write a level: 2.0 is "2"."""
    return f"{level:g}" if isinstance(level, (int, float, np.number)) else str(level)


def _matches(frame: pd.DataFrame, levels: Mapping[str, str]) -> pd.Series:
    keep = pd.Series(True, index=frame.index)
    for name, level in levels.items():
        keep &= frame[name].map(level_name) == level
    return keep


def _facts(
    claim: Claim, samples: Samples, estimate: Estimate, slices: tuple[Slice, ...], points: pd.DataFrame
) -> dict[str, Fact]:
    facts: dict[str, Fact] = {
        "estimate": estimate,
        "n": estimate.n,
        "points": len(points),
        "supported": int((points["verdict"] == "supported").sum()),
        "refuted": int((points["verdict"] == "refuted").sum()),
    }
    if claim.predicts is not None:
        facts |= {"predicts_low": claim.predicts.low, "predicts_high": claim.predicts.high}
    for part in slices:
        facts[fact_key(part.variable, part.level)] = part.estimate
    return facts | dict(samples.facts)


def _finding(
    claim: Claim,
    verdict: str,
    *,
    estimate: Estimate | None = None,
    slices: tuple[Slice, ...] = (),
    depends_on: str = "",
    facts: Mapping[str, Fact] | None = None,
) -> Finding:
    predicts = (claim.predicts.low, claim.predicts.high) if claim.predicts is not None else None
    return Finding(
        claim_id=claim.id,
        number=claim.number,
        quote=claim.quote,
        verdict=verdict,
        study=claim.study,
        estimate=estimate,
        predicts=predicts,
        slices=slices,
        depends_on=depends_on,
        figure=claim.figure,
        facts=facts or {},
    )
