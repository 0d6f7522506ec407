"""Samples: the numbers that a claim is judged on, one per point of the grid and independent unit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis.result import Estimate, Fact
from analysis.statistics.intervals import FEWEST, bca, exact, exponential

CENTRES = ("median", "mean", "range", "exact", "worst")
SCALES = ("linear", "ratio")


@dataclass(frozen=True)
class Samples:
    """What a statistic takes from the rows.

    `frame` has one row per point and unit: the columns `variables` (the grid), `sample` (seed or block), `value`, and,
    where a number is only known to lie in an interval, `low` and `high`. `noise_low` and `noise_high`, where present,
    are the A/A interval of the point.

    `scale` "ratio" averages over points geometrically, "linear" arithmetically. `centre` says what is estimated over
    the samples: their median or mean with a BCa interval, their range (the interval is smallest to largest), a number
    without sampling error, or the worst (largest) of such numbers.
    """

    frame: pd.DataFrame
    variables: tuple[str, ...]
    unit: str
    scale: str = "linear"
    centre: str = "median"
    facts: Mapping[str, Fact] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, value, known in (("scale", self.scale, SCALES), ("centre", self.centre, CENTRES)):
            if value not in known:
                raise ValueError(f"unknown {name} {value!r}; known: {', '.join(known)}")
        missing = [name for name in (*self.variables, "sample", "value") if name not in self.frame.columns]
        if missing:
            raise ValueError(f"samples lack the columns {', '.join(missing)}; given: {', '.join(self.frame.columns)}")

    def estimate(self, rng: np.random.Generator, frame: pd.DataFrame | None = None) -> Estimate:
        """Estimate over all points of `frame` (default: all): average over points in each unit, then over units.

        Only units that have every point count, so that no unit stands for an easier grid than another.
        """
        frame = self.frame if frame is None else frame
        if self.centre == "worst":
            return exact(float(frame["value"].max()), self.unit, frame["sample"].nunique())
        if self.centre in ("range", "exact"):
            values = frame["value"]
            middle = values.median() if self.centre == "range" else values.mean()
            units = frame["sample"].nunique() if self.centre == "range" else len(frame)
            return Estimate(float(middle), float(values.min()), float(values.max()), self.unit, units)
        value = self._per_unit(frame, "value").to_numpy()
        if "low" not in frame.columns:
            return self._centred(value, rng)
        low = self._per_unit(frame, "low").to_numpy()
        high = self._per_unit(frame, "high").to_numpy()
        if np.isfinite(low).all() and np.isfinite(high).all() and (low == high).all():
            return self._centred(value, rng)
        # each unit is known up to an interval: the lower ends bound the estimate from below, the upper from above
        below = self._centred(low, rng) if np.isfinite(low).all() else None
        above = self._centred(high, rng) if np.isfinite(high).all() else None
        floor = 0.0 if self.scale == "ratio" else -math.inf
        middle = self._centred(value, rng) if np.isfinite(value).all() else below
        return Estimate(
            middle.value if middle else math.inf,
            below.low if below else floor,
            above.high if above else math.inf,
            self.unit,
            len(value),
        )

    def _per_unit(self, frame: pd.DataFrame, column: str) -> pd.Series:
        """Average of `column` over points for each unit (of logarithms, where the scale is a ratio)."""
        values = frame[column].astype(float)
        if self.scale == "ratio":
            with np.errstate(divide="ignore"):
                values = np.log(values)
        by_unit = values.groupby(frame["sample"], sort=True)
        counts = by_unit.size()
        complete = counts == counts.max()
        means = by_unit.mean()
        return means.loc[complete] if complete.sum() >= min(FEWEST, len(counts)) else means

    def _centred(self, values: np.ndarray, rng: np.random.Generator) -> Estimate:
        estimate = bca(values, rng, centre=self.centre, unit=self.unit)
        return exponential(estimate) if self.scale == "ratio" else estimate
