"""A claim's grid, level by level: what is pooled gives one estimate, and points that disagree are counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.claims.claim import Interval
from analysis.claims.samples import Samples
from analysis.result import Estimate
from analysis.select import BACKEND_ORDER, DIRECTION_ORDER, INITIALISER_ORDER, ordered_keys
from analysis.statistics.tests import decision, holm

DISSENT = 0.1
"""Share of a level's points that have to disagree with it, and at least two of them, for it to depend on where."""
FEWEST_DISSENTERS = 2

ORDERS = {"initialiser": INITIALISER_ORDER, "backend": BACKEND_ORDER, "direction": DIRECTION_ORDER}
"""Order of the levels of a variable; those of others are sorted."""

OPPOSITE = {"supported": "refuted", "refuted": "supported"}


@dataclass(frozen=True)
class Level:
    """One combination of levels that are different things, judged as a whole."""

    key: tuple[object, ...]
    estimate: Estimate
    verdict: str
    firm: bool
    """Whether its verdict stands after the correction for the number of levels."""


def level_name(level: object) -> str:
    """Write a level: 2.0 is "2"."""
    return f"{level:g}" if isinstance(level, (int, float, np.number)) else str(level)


def matches(frame: pd.DataFrame, levels: Mapping[str, str]) -> pd.Series:
    """Say which rows stand at these levels."""
    keep = pd.Series(True, index=frame.index)
    for name, level in levels.items():
        keep &= frame[name].map(level_name) == level
    return keep


def judge_points(samples: Samples, predicts: Interval) -> pd.DataFrame:
    """Side of each point of the grid: supported or refuted after Holm's correction for their number, else open."""
    names = list(samples.variables)
    rows = [
        (*key, *decision(*samples.sides(part, predicts.low, predicts.high)))
        for key, part in _split(samples.frame, names)
    ]
    points = pd.DataFrame(rows, columns=[*names, "verdict", "p"])
    points["verdict"] = points["verdict"].where(holm(points["p"]), "inconclusive")
    return points.drop(columns="p")


def judge_levels(
    samples: Samples,
    predicts: Interval,
    variables: tuple[str, ...],
    points: pd.DataFrame,
    rng: np.random.Generator,
    confidence: float,
) -> list[Level]:
    """Judge each combination of levels of `variables`, in the house's order, by its pooled estimate.

    A level whose points disagree with it in number (`DISSENT`, after Holm's correction) depends on where one looks.
    """
    names = list(variables)
    parts = dict(_split(samples.frame, names))
    keys = ordered_keys(parts, *(ORDERS.get(name, ()) for name in names))
    estimates = [samples.estimate(rng, parts[key], confidence) for key in keys]
    p_values = [decision(*samples.sides(parts[key], predicts.low, predicts.high))[1] for key in keys]
    firm = holm(p_values, (1 - confidence) / 2)
    found = []
    sides = dict(_split(points, names))
    for key, estimate, stands in zip(keys, estimates, firm, strict=True):
        verdict = predicts.verdict(estimate)
        if disagree(sides[key]["verdict"], verdict):
            verdict = "depends"
        found.append(Level(key, estimate, verdict, bool(stands)))
    return found


def disagree(points: pd.Series, verdict: str) -> bool:
    """Say whether enough points are decided against a level's verdict; where it is open, enough on both sides."""
    least = max(FEWEST_DISSENTERS, DISSENT * len(points))
    against = [OPPOSITE[verdict]] if verdict in OPPOSITE else list(OPPOSITE)
    return all((points == side).sum() >= least for side in against)


def _split(frame: pd.DataFrame, names: list[str]) -> list[tuple[tuple[object, ...], pd.DataFrame]]:
    """Split a frame by the levels of some columns; one part with the key () by none."""
    return list(frame.groupby(names, sort=True)) if names else [((), frame)]
