"""Verdicts of two runs, claim by claim."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from analysis.cells import cells_of, using
from analysis.claims import CLAIMS, judge
from analysis.comparison.values import Flip, Side, Verdicts
from analysis.result import Finding

ABSENT = "not measured"


def judged(side: Side, track: Callable[[Iterable[Any]], Iterable[Any]] = iter) -> tuple[Finding, ...]:
    """Judge every claim on the rows of a run; `track` wraps the claims as they are judged."""
    with using(cells_of(side.environments, side.frame["cell"])):
        return tuple(judge(claim, side.frame) for claim in track(CLAIMS))


def compare_verdicts(a: Iterable[Finding], b: Iterable[Finding]) -> Verdicts:
    """Return the claims whose verdicts differ; those that only one side has rows for apart."""
    first, second = ({finding.claim_id: finding for finding in side} for side in (a, b))
    flips, one_sided, same = [], [], 0
    for claim_id in sorted(first.keys() & second.keys(), key=lambda name: first[name].number):
        one, other = first[claim_id], second[claim_id]
        flip = Flip(claim_id, one.number, (one.verdict, other.verdict), (one.estimate, other.estimate))
        if one.verdict == other.verdict:
            same += one.verdict != ABSENT
        elif ABSENT in flip.verdicts:
            one_sided.append(flip)
        else:
            flips.append(flip)
    return Verdicts(tuple(flips), tuple(one_sided), same, same + len(flips))
