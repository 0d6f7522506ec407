"""Comparisons of two groups of runs each of which did something or did not: shares, and lengths that half can do.

Rows have the columns `group` ("own" or "other"), `sample` (the seed, or the number of a drawn setting), `value` (1 or
0), and `seq_len` where lengths are compared. No row stands for a missing run.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, replace

import pandas as pd

from analysis.result import Estimate
from analysis.statistics.halves import HalfRatio, half_ratio, halving
from analysis.statistics.shares import p_by_inversion, share_difference

GROUPS = ("own", "other")


def _sides(estimate: functools.partial[Estimate], low: float, high: float) -> tuple[float, float]:
    """Turn the interval around: how sure it may be and still lie inside, or outside, of [low, high]."""
    above_low = p_by_inversion(lambda confidence: estimate(confidence=confidence).low, low)
    below_high = p_by_inversion(lambda confidence: -estimate(confidence=confidence).high, -high)
    below_low = p_by_inversion(lambda confidence: -estimate(confidence=confidence).high, -low)
    above_high = p_by_inversion(lambda confidence: estimate(confidence=confidence).low, high)
    return max(above_low, below_high), min(below_low, above_high)


@dataclass(frozen=True)
class ShareDifference:
    """Share of the own runs minus that of the others; `paired` where a sample is the same in both groups."""

    paired: bool = False

    def estimate(self, frame: pd.DataFrame, confidence: float) -> Estimate:
        """Return the difference with Newcombe's interval."""
        own, other = self._values(frame)
        return replace(share_difference(own, other, confidence, paired=self.paired), unit="share")

    def sides(self, frame: pd.DataFrame, low: float, high: float) -> tuple[float, float]:
        """Return p-values for inside and outside, by turning the interval around."""
        own, other = self._values(frame)
        return _sides(functools.partial(share_difference, own, other, paired=self.paired), low, high)

    def _values(self, frame: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
        own, other = (frame.loc[frame["group"] == group] for group in GROUPS)
        if self.paired:
            names = [name for name in frame.columns if name not in ("group", "value")]
            both = own.merge(other, on=names, suffixes=("", "_other"))
            return both["value"], both["value_other"]
        return own["value"], other["value"]


@dataclass(frozen=True)
class LongestRatio:
    """Longest length that half of the own runs solve, over that of the others."""

    def estimate(self, frame: pd.DataFrame, confidence: float) -> Estimate:
        """Return the ratio with its interval."""
        return self._ratio(frame).estimate(confidence)

    def sides(self, frame: pd.DataFrame, low: float, high: float) -> tuple[float, float]:
        """Return p-values for inside and outside."""
        ratio = self._ratio(frame)
        inside = max(ratio.p_above(low), ratio.p_below(high))
        return inside, min(ratio.p_below(low), ratio.p_above(high) if high < math.inf else 1.0)

    def _ratio(self, frame: pd.DataFrame) -> HalfRatio:
        own, other = (frame.loc[frame["group"] == group] for group in GROUPS)
        return half_ratio(halving(own["seq_len"], own["value"]), halving(other["seq_len"], other["value"]))
