"""How far times of the same code come apart from run to run.

Blocks of one run share the state of the machine on that day: where the loader put the code, which pages the arrays got,
what else ran. So intervals over blocks, and the A/A rows of a run, are too narrow for two runs. What both runs have of
unchanged code says how much: peers whose version is the same. Where there are none, the spread of this suite's own
points about their common factor stands in, measured robustly, so that a few points that did change do not hide
themselves; what changed at many points at once by different factors then counts as noise.

Kernels that each run measured twice are a control of their own: the ratio of the two, and how it differs between the
runs, is noise whatever happened to the code. The larger of the two is taken.
"""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np
import pandas as pd

from analysis.comparison.values import Noise

OWN = {"cpu": "cpu-again", "cuda": "cuda-again"}
"""Backends of this suite's own kernels, and those of the same kernels measured again."""
GROUP = ["backend", "direction"]
FEWEST_POINTS = 8
"""Below this many points that are free to differ there is no noise between runs to speak of."""
MAD = 1.4826
"""The standard deviation of a normal distribution over its median absolute deviation."""


def residuals(points: pd.DataFrame, centre: str) -> pd.Series:
    """Return the logarithm of each point's ratio over the centre, mean or median, of its backend and direction."""
    found: pd.Series = points["log"] - points.groupby(GROUP)["log"].transform(centre)
    return found


def between_runs(points: pd.DataFrame, peers: Collection[str]) -> tuple[Noise, int]:
    """Estimate the noise between two runs, and the degrees of freedom of the estimate.

    Parameters
    ----------
    points
        Columns `backend`, `direction`, `log` (of the ratio), `within` (its variance by the blocks) and `twin`, a number
        that is the same for implementations of the same work.
    peers
        Implementations whose code is the same in both runs.

    """
    own = points.loc[points["backend"].isin(OWN)]
    within = float(points["within"].mean()) if own.empty else float(own["within"].mean())
    source, found, freedom = _unchanged(points.loc[points["backend"].isin(peers)], "peers", robust=False)
    if source == "none":
        source, found, freedom = _unchanged(own, "points", robust=True)
    again, pairs = _again(points)
    twice = pairs >= FEWEST_POINTS and again > found and source != "none"
    between = max(found, again) if twice else found
    return Noise(source, math.sqrt(between), math.sqrt(within), freedom, twice), pairs if twice else freedom


def _unchanged(points: pd.DataFrame, source: str, *, robust: bool) -> tuple[str, float, int]:
    """Return source, variance between runs, degrees of freedom of points whose code did not change, or mostly not."""
    sizes = points.groupby(GROUP)["log"].transform("size")
    points = points.loc[sizes >= 3]
    freedom = len(points) - points.groupby(GROUP).ngroups
    if freedom < FEWEST_POINTS:
        return "none", 0.0, max(freedom, 0)
    left = residuals(points, "median" if robust else "mean")
    spread = (MAD * left.abs().median()) ** 2 if robust else float((left**2).mean())
    total = spread * len(points) / freedom
    return source, max(0.0, total - float(points["within"].mean())), freedom


def _again(points: pd.DataFrame) -> tuple[float, int]:
    """Return the variance between runs by kernels measured twice in each, and its degrees of freedom.

    log (again / once) of run B less that of run A has the noise of two points.
    """
    found = []
    for own, again in OWN.items():
        pair = points.loc[points["backend"] == own, ["twin", "direction", "log", "within"]].merge(
            points.loc[points["backend"] == again, ["twin", "log", "within"]], on="twin", suffixes=("", "_again")
        )
        found.append(pair)
    pairs = pd.concat(found)
    if len(pairs) < 2:
        return 0.0, 0
    apart = pairs["log_again"] - pairs["log"]
    within = float((pairs["within"] + pairs["within_again"]).mean()) / 2
    return max(0.0, float(np.var(apart, ddof=1)) / 2 - within), len(pairs) - 1
