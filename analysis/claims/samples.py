"""Samples: the numbers that a claim is judged on, one per point of the grid and independent unit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import pandas as pd

from analysis.result import Estimate, Fact
from analysis.statistics.intervals import CONFIDENCE, FEWEST, centred, exact, exponential
from analysis.statistics.tests import p_above, p_below
from bench.names import unknown

CENTRES = ("median", "mean", "range", "exact", "worst")
SCALES = ("linear", "ratio")
WITHOUT_ERROR = ("range", "exact", "worst")
"""Centres of numbers that are what they are: no interval over seeds or blocks."""


class Comparison(Protocol):
    """What compares two groups of runs as wholes, where no number belongs to a run and its partner alone.

    A share of networks is no network's; nor is the length that half of them solve.
    """

    def estimate(self, frame: pd.DataFrame, confidence: float) -> Estimate:
        """Estimate the comparison from the rows of one level."""

    def sides(self, frame: pd.DataFrame, low: float, high: float) -> tuple[float, float]:
        """Return p-values that speak for it inside, and for it outside, of [low, high]."""


@dataclass(frozen=True)
class Samples:
    """What a statistic takes from the rows.

    `frame` has one row per point and unit: the columns `variables` (the grid), `sample` (seed or block), `value`, and,
    where a number is only known to lie in an interval, `low` and `high`.

    `scale` "ratio" averages over points geometrically, "linear" arithmetically. `centre` says what is estimated over
    the samples: their median or mean with an interval, their range (the interval is smallest to largest), a number
    without sampling error, or the worst (largest) of such numbers.
    """

    frame: pd.DataFrame
    variables: tuple[str, ...]
    unit: str
    scale: str = "linear"
    centre: str = "median"
    facts: Mapping[str, Fact] = field(default_factory=dict)
    comparison: Comparison | None = None

    def __post_init__(self) -> None:
        for name, value, known in (("scale", self.scale, SCALES), ("centre", self.centre, CENTRES)):
            if value not in known:
                raise ValueError(unknown(name, value, known))
        missing = [name for name in (*self.variables, "sample", "value") if name not in self.frame.columns]
        if missing:
            raise ValueError(f"samples lack the columns {', '.join(missing)}; given: {', '.join(self.frame.columns)}")

    @property
    def has_error(self) -> bool:
        """Say whether the numbers vary from unit to unit, so that an interval says how far."""
        return self.centre not in WITHOUT_ERROR

    def estimate(
        self, rng: np.random.Generator, frame: pd.DataFrame | None = None, confidence: float = CONFIDENCE
    ) -> Estimate:
        """Estimate over all points of `frame` (default: all): average over points in each unit, then over units.

        Only units that have every point count, so that no unit stands for an easier grid than another.
        """
        frame = self.frame if frame is None else frame
        if self.comparison is not None:
            return self.comparison.estimate(frame, confidence)
        if self.centre == "worst":
            return exact(float(frame["value"].max()), self.unit, frame["sample"].nunique())
        if not self.has_error:
            values = frame["value"]
            middle = values.median() if self.centre == "range" else values.mean()
            units = frame["sample"].nunique() if self.centre == "range" else len(frame)
            return Estimate(float(middle), float(values.min()), float(values.max()), self.unit, units)
        value, low, high = self._units(frame)
        middle = self._centred(value, rng, confidence)
        if (low == high).all():
            return middle
        # each unit is known up to an interval: the lower ends bound the estimate from below, the upper from above
        below, above = (self._centred(ends, rng, confidence) for ends in (low, high))
        return Estimate(middle.value, below.low, above.high, self.unit, middle.n)

    def sides(self, frame: pd.DataFrame, low: float, high: float) -> tuple[float, float]:
        """Return p-values that speak for the centre inside, and for it outside, of [low, high].

        Of numbers without sampling error they are 0 and 1, or both 1 where the numbers lie on both sides.
        """
        if self.comparison is not None:
            return self.comparison.sides(frame, low, high)
        if not self.has_error:
            values = frame["value"].astype(float)
            inside = values.between(low, high)
            if self.centre == "worst":
                inside = pd.Series([low <= values.max() <= high])
            return float(not inside.all()), float(inside.any())
        _, least, most = self._units(frame)
        edges = np.log([low, high]) if self.scale == "ratio" and low > 0 else np.array([low, high])
        if self.scale == "ratio" and low <= 0:
            edges = np.array([-math.inf, math.log(high) if math.isfinite(high) else math.inf])
        inside_p = max(p_above(least, edges[0]), p_below(most, edges[1]))
        outside_p = min(p_below(most, edges[0]), p_above(least, edges[1]))
        return inside_p, outside_p

    def _units(self, frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Value, lower and upper end of each unit, averages over its points; the same where every number is known.

        Of logarithms, where the scale is a ratio. NumPy and no groupby: a page asks for this some thousand times.
        """
        _, unit, counts = np.unique(frame["sample"].to_numpy(), return_inverse=True, return_counts=True)
        complete = counts == counts.max()
        if complete.sum() < min(FEWEST, counts.size):
            complete[:] = True

        def average(column: str) -> np.ndarray:
            values = frame[column].to_numpy(dtype=float)
            if self.scale == "ratio":
                with np.errstate(divide="ignore"):
                    values = np.log(values)
            means: np.ndarray = (np.bincount(unit, weights=values) / counts)[complete]
            return means

        value = average("value")
        if "low" not in frame.columns:
            return value, value, value
        return value, average("low"), average("high")

    def _centred(self, values: np.ndarray, rng: np.random.Generator, confidence: float) -> Estimate:
        # An exact zero has no logarithm to average; the median takes it as the worst unit of all.
        centre = self.centre if np.isfinite(values).all() else "median"
        estimate = centred(values, rng, centre=centre, unit=self.unit, confidence=confidence)
        return exponential(estimate) if self.scale == "ratio" else estimate
