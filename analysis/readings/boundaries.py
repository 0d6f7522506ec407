"""Boundaries: the recurrent gain from which on a gradient grows, and the gains between which it does neither.

Where the slope crosses zero steeply there is one such gain. A tanh RNN without input has none: over a range of gains it
comes to rest or oscillates, a small push then neither fades nor grows, and the sign of a slope near zero is a matter of
the length of the sequence and of how fine the gains are. What stays put is where the slope leaves ± `SLOPE_MARGIN`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.result import Estimate
from analysis.statistics.intervals import SLOPE_MARGIN, centred

ONCE = 0.8
"""Share of the networks whose slope changes its sign once, from which on there is one boundary."""


@dataclass(frozen=True)
class Boundary:
    """Means over networks of the gain at which a slope reaches a level, each None where a network has none.

    Parameters
    ----------
    critical
        Level 0; None also where fewer than `ONCE` of the networks change their sign once.
    calm_from, calm_to
        Levels - `SLOPE_MARGIN` and + `SLOPE_MARGIN`: between them the slope is too small to tell from zero.

    """

    critical: Estimate | None
    calm_from: Estimate | None
    calm_to: Estimate | None


def boundary(slopes: pd.DataFrame, rng: np.random.Generator) -> Boundary:
    """Return the boundary of networks that differ in their seed: columns `seed`, `gain`, `slope10` (decades a step)."""
    table = slopes.pivot(index="gain", columns="seed", values="slope10").dropna().sort_index()
    if table.empty:
        return Boundary(None, None, None)
    turns = (np.diff((table.to_numpy() > 0).astype(int), axis=0) != 0).sum(axis=0)
    single = float((turns == 1).mean()) >= ONCE

    def at(level: float) -> Estimate | None:
        found = np.array([last_crossing(table[seed], level) for seed in table])
        return centred(found, rng, centre="mean") if np.isfinite(found).all() else None

    return Boundary(at(0.0) if single else None, at(-SLOPE_MARGIN), at(SLOPE_MARGIN))


def last_crossing(values: pd.Series, level: float = 0.0) -> float:
    """Interpolate, in ln gain, where values that are indexed by the gain leave a level upwards for the last time.

    NaN where they never do on the grid.
    """
    x, y = np.log(values.index.to_numpy(dtype=float)), values.to_numpy(dtype=float) - level
    below = np.flatnonzero(y <= 0)
    if below.size == 0 or below[-1] == y.size - 1:
        return math.nan
    i = below[-1]
    return float(np.exp(x[i] - y[i] * (x[i + 1] - x[i]) / (y[i + 1] - y[i])))
