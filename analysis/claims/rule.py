"""The rule that judges a claim.

At each level (an implementation, an initialiser: what must not be averaged) the estimate is pooled over all else, and
its interval decides: inside `predicts`, supported; wholly outside, refuted; across the edge, undecided. A level whose
own points contradict it, a tenth of them and at least two after Holm's correction, depends on where one looks.

Over the levels: where levels of both kinds exist, or one depends itself, the claim depends, and the variable is named
whose levels tell the two sides apart best. The fewer side counts only with a level that stands after Holm's correction
for the number of levels. Otherwise the decided levels have one verdict, and it is the claim's if at least half of the
levels are decided. A claim that says "never" is refuted by one level, one that says "can" is supported by one; both
have to stand after the correction.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from analysis.claims.claim import Alternative, Claim, Interval, confidences
from analysis.claims.levels import Level, judge_levels, judge_points, level_name, matches
from analysis.claims.samples import Samples
from analysis.result import LOGARITHM, AlternativeVerdict, Estimate, Fact, Finding, Number, Slice, fact_key
from analysis.statistics.intervals import CONFIDENCE, generator

RATE = "decades per step"
MARGIN_STEPS = 200.0
"""Steps over which a margin of rates is told as a factor: the length at which most gradients are measured."""

DECIDED = 0.5
"""Share of the levels that have to be decided."""

FRESH_SEED = 2000
"""The first seed whose rows nobody had seen when the rules of the claims were last revised."""

EVERY_CLAIM = (*confidences(0.999), Alternative("pooling", "points", pooled=False))
"""Other ways to judge that make sense for every claim whose numbers have a sampling error."""


def judge(claim: Claim, frame: pd.DataFrame) -> Finding:
    """Judge a claim on the tidy rows of a run, and again in every other way that it names.

    Returns
    -------
    Finding
        "not measured" where the rows that its statistic needs are missing.

    """
    samples = claim.statistic(frame) if claim.statistic is not None else None
    finding = _judged(claim, samples, CONFIDENCE)
    if samples is None or finding.estimate is None:
        return finding
    return replace(finding, alternatives=tuple(_alternatives(claim, samples, frame)))


def _judged(claim: Claim, samples: Samples | None, confidence: float) -> Finding:
    if samples is None or samples.frame.empty:
        return _finding(claim, "not measured" if claim.kind == "test" or claim.statistic is not None else claim.kind)
    rng = generator(claim.id)
    predicts = claim.predicts or Interval()
    points = judge_points(samples, predicts)
    levels = judge_levels(samples, predicts, claim.slices_by, points, rng, confidence)
    scoped = [level for level in levels if _stands_in(level, claim, claim.scope)]
    if not scoped:
        return _finding(claim, "not measured")
    inside = points.loc[matches(points, claim.scope)]
    verdict = claim.kind if claim.kind != "test" else verdict_of(scoped, claim.quantifier)
    headline = max(levels, key=lambda level: _agreement(level, claim))
    slices = tuple(_slices(claim, levels, dict(zip(claim.slices_by, headline.key, strict=True))))
    return _finding(
        claim,
        verdict,
        estimate=headline.estimate,
        slices=slices,
        depends_on=_telling(claim, scoped, inside) if verdict == "depends" else "",
        facts=_where(claim, samples, headline) | _facts(claim, samples, headline.estimate, slices, scoped, inside),
    )


def verdict_of(levels: list[Level], quantifier: str = "everywhere") -> str:
    """Return the verdict over the levels of a claim (see the module)."""
    sides = {side: [level for level in levels if level.verdict == side] for side in ("supported", "refuted", "depends")}
    firm = {side: any(level.firm for level in found) for side, found in sides.items()}
    if quantifier == "never" and firm["refuted"]:
        return "refuted"
    if quantifier == "can" and firm["supported"]:
        return "supported"
    if sides["depends"] or (firm["supported"] and firm["refuted"]):
        return "depends"
    more, fewer = sorted(("supported", "refuted"), key=lambda side: (firm[side], len(sides[side])), reverse=True)
    decided = sides[more] if firm[more] or not sides[fewer] else []
    return more if decided and len(decided) >= DECIDED * len(levels) else "inconclusive"


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


def _telling(claim: Claim, levels: list[Level], points: pd.DataFrame) -> str:
    """Name the variable on which the verdict depends: of the levels, or, where they agree, of the points in them."""
    table = pd.DataFrame([(*level.key, level.verdict) for level in levels], columns=[*claim.slices_by, "verdict"])
    others = tuple(name for name in points.columns if name not in ("verdict", *claim.slices_by))
    return telling_variable(table, claim.slices_by) or telling_variable(points, (*claim.slices_by, *others))


def _alternatives(claim: Claim, samples: Samples, frame: pd.DataFrame) -> list[AlternativeVerdict]:
    every = EVERY_CLAIM if claim.kind == "test" and samples.has_error else ()
    found = []
    for other in (*claim.alternatives, *every):
        taken = samples if other.statistic is None else other.statistic(frame)
        variables = claim.slices_by
        if taken is not None and not other.pooled:
            if set(taken.variables) == set(variables):
                continue  # nothing is pooled, so that there is nothing to take apart
            variables = taken.variables
        reference = {name: claim.reference.get(name, "") for name in variables}
        changed = replace(
            claim, kind="test", predicts=other.predicts or claim.predicts, slices_by=variables, reference=reference,
            statistic=other.statistic or claim.statistic,
        )  # fmt: skip
        found.append(AlternativeVerdict(other.choice, other.level, _judged(changed, taken, other.confidence).verdict))
    return found


def _slices(claim: Claim, levels: list[Level], headline: Mapping[str, object]) -> list[Slice]:
    """Vary one variable at a time, the others at the level whose number stands on the card."""
    found = []
    for place, variable in enumerate(claim.slices_by):
        for level in levels:
            others = {name: value for name, value in zip(claim.slices_by, level.key, strict=True) if name != variable}
            if all(headline[name] == value for name, value in others.items()):
                verdict = level.verdict if claim.kind == "test" else claim.kind
                found.append(Slice(variable, level_name(level.key[place]), level.estimate, verdict))
    return found


def _stands_in(level: Level, claim: Claim, wanted: Mapping[str, str]) -> bool:
    names = dict(zip(claim.slices_by, map(level_name, level.key), strict=True))
    return all(names.get(name, value) == value for name, value in wanted.items())


def _where(claim: Claim, samples: Samples, level: Level) -> dict[str, Fact]:
    """Tell where the number on the card was taken: each number that is the same there, as `at_<variable>`."""
    rows = samples.frame
    for name, value in zip(claim.slices_by, level.key, strict=True):
        rows = rows.loc[rows[name] == value]
    single = {name: rows[name].iloc[0] for name in samples.variables if rows[name].nunique() == 1}
    return {f"at_{name}": float(value) for name, value in single.items() if not isinstance(value, str)}


def _agreement(level: Level, claim: Claim) -> int:
    """Count the variables at which a level is the one whose number stands on the card."""
    return sum(
        level_name(value) == claim.reference[name] for name, value in zip(claim.slices_by, level.key, strict=True)
    )


def _facts(
    claim: Claim,
    samples: Samples,
    estimate: Estimate,
    slices: tuple[Slice, ...],
    scoped: list[Level],
    points: pd.DataFrame,
) -> dict[str, Fact]:
    facts: dict[str, Fact] = {
        "estimate": estimate,
        "n": estimate.n,
        "points": len(points),
        "points_supported": int((points["verdict"] == "supported").sum()),
        "points_refuted": int((points["verdict"] == "refuted").sum()),
        "points_open": int((points["verdict"] == "inconclusive").sum()),
        "levels": len(scoped),
        "levels_supported": sum(level.verdict == "supported" for level in scoped),
        "levels_refuted": sum(level.verdict == "refuted" for level in scoped),
        "levels_open": sum(level.verdict == "inconclusive" for level in scoped),
    }
    if claim.predicts is not None:
        facts |= {"predicts_low": claim.predicts.low, "predicts_high": claim.predicts.high}
        if samples.unit == RATE:
            margin = max(abs(end) for end in (claim.predicts.low, claim.predicts.high) if math.isfinite(end))
            factor = Number(margin * MARGIN_STEPS, LOGARITHM)
            facts |= {"margin": margin, "margin_steps": MARGIN_STEPS, "margin_factor": factor}
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
        basis=claim.basis,
        quantifier=claim.quantifier,
        estimate=estimate,
        predicts=predicts,
        slices=slices,
        depends_on=depends_on,
        figure=claim.figure,
        facts=facts or {},
    )
