"""How long sequences may be until half of the networks no longer solve them, from runs at a few lengths.

The share that solves a length T is logistic in its logarithm, 1 / (1 + exp(s (ln T − m))) with s ≥ 0: longer is not
easier. What is asked for is the longest whole T at which the share is a half or more. Its interval has every such T
that the likelihood ratio does not reject, the steepness s being whatever suits it best; its limit is that of Student's
t squared and not of χ², which with five runs a length held the truth too seldom. Where all networks solve one
length and none the next, every T between them fits alike, so that the interval is what lies between. Nothing is said
beyond the lengths that were measured: where half of the networks solve the longest one, the answer is "more than that".

Runs count as independent, also those of one seed at two lengths: those have different matrices to learn, and share no
more than the draw that they start from.

References
----------
.. [1] D. R. Cox, E. J. Snell, "Analysis of Binary Data", 2nd edition, 1989, sections 1.4 and 2.1.

"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.result import Estimate
from analysis.statistics.intervals import CONFIDENCE

STEEPNESS = np.geomspace(0.02, 4000.0, 90)
"""Of the logistic curve, from nearly level to a cliff between two neighbouring whole numbers."""
SAME = 1e-6
"""Deviances that differ by less are equal: lengths that fit the runs alike."""
OUTSIDE = np.array([0.01, 0.03, 0.1, 0.3, 1.0, 3.0])
"""Distances in ln T at which a middle below the shortest, or above the longest, measured length is tried."""


@dataclass(frozen=True, eq=False)
class Halving:
    """Runs by their length, and what they say of the longest one that half of the networks solve.

    Parameters
    ----------
    lengths : (n,) array
        Steps of each length, ascending.
    solved, runs : (n,) arrays
        Networks that solved it, and networks.

    """

    lengths: NDArray[np.float64]
    solved: NDArray[np.float64]
    runs: NDArray[np.float64]

    @functools.cached_property
    def candidates(self) -> NDArray[np.float64]:
        """Whole lengths: 0 (not even the shortest), shortest to longest less one, infinity (the longest, or more)."""
        inner = np.arange(self.lengths[0], self.lengths[-1])
        return np.concatenate([[0.0], inner, [math.inf]])

    @functools.cached_property
    def deviances(self) -> NDArray[np.float64]:
        """Twice the log-likelihood that each candidate is short of the best one."""
        shortest, longest = math.log(self.lengths[0]), math.log(self.lengths[-1])
        inner = self._likelihood(np.log(self.candidates[1:-1] + 0.5)) if self.candidates.size > 2 else np.empty(0)
        level = self.solved.sum() / self.runs.sum()
        below = max(self._likelihood(shortest - OUTSIDE).max(), self._level(min(level, 0.5)))
        beyond = max(self._likelihood(longest + OUTSIDE).max(), self._level(max(level, 0.5)))
        found = np.concatenate([[below], inner, [beyond]])
        short: NDArray[np.float64] = 2 * (found.max() - found)
        return short

    def interval(self, confidence: float = CONFIDENCE) -> tuple[float, float]:
        """Return the shortest and the longest candidate that is not rejected, in steps."""
        limit = _limit(max(float(self.runs.sum()) - 2, 1.0), confidence)
        kept = self.candidates[self.deviances <= limit + SAME]
        return float(kept[0]), float(kept[-1])

    @property
    def value(self) -> float:
        """The candidate that fits best, in steps; of several alike the middle one."""
        alike = self.candidates[self.deviances <= SAME]
        if math.isinf(alike[-1]) or alike[0] == 0:
            return float(alike[-1] if math.isinf(alike[-1]) else alike[0])
        return float(math.floor(math.sqrt(alike[0] * (alike[-1] + 1))))

    def estimate(self, confidence: float = CONFIDENCE) -> Estimate:
        """Return the longest length that half of the networks solve, in steps, with its interval.

        Infinite where it lies beyond the longest measured length, which is then the lower end; its lower end is 0 where
        it may lie below the shortest one.
        """
        low, high = self.interval(confidence)
        low = min(low, float(self.lengths[-1]))
        if low == 0.0 and high == 0.0:
            high = float(self.lengths[0]) - 1
        return Estimate(self.value, low, high, "steps", int(self.runs.max()))

    def _likelihood(self, middles: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log-likelihood of each middle, ln T, at the steepness that suits it best."""
        away = np.log(self.lengths) - middles[:, None]
        odds = STEEPNESS[:, None] * away[:, None, :]
        logs = -self.solved * np.logaddexp(0, odds) - (self.runs - self.solved) * np.logaddexp(0, -odds)
        best: NDArray[np.float64] = logs.sum(axis=-1).max(axis=-1)
        return best

    def _level(self, p: float) -> float:
        """Log-likelihood of one share at all lengths: a curve without steepness, whose middle is far away."""
        failed = self.runs - self.solved
        return float((special.xlogy(self.solved, p) + special.xlogy(failed, 1 - p)).sum())


def halving(lengths: ArrayLike, solved: ArrayLike) -> Halving:
    """Count runs by their length.

    Parameters
    ----------
    lengths, solved : (n,) arrays
        Steps of the sequences of each run, whole numbers from 1 on; 1 where it solved its task, else 0.

    Raises
    ------
    ValueError
        Where there is no run, or a value is none of these.

    """
    steps, happened = np.asarray(lengths, dtype=float), np.asarray(solved, dtype=float)
    if steps.size == 0 or steps.shape != happened.shape:
        raise ValueError(f"{steps.size} lengths of {happened.size} runs; allowed: as many, 1 or more")
    if (steps < 1).any() or (steps != np.round(steps)).any() or not np.isin(happened, (0.0, 1.0)).all():
        raise ValueError("lengths and runs that are none; allowed: whole steps, 1 or more, and 0 or 1 for each run")
    each, place, runs = np.unique(steps, return_inverse=True, return_counts=True)
    solved_of_each = np.bincount(place, weights=happened)
    return _kept(tuple(each.tolist()), tuple(solved_of_each.tolist()), tuple(runs.tolist()))


@functools.lru_cache(maxsize=512)
def _kept(lengths: tuple[float, ...], solved: tuple[float, ...], runs: tuple[int, ...]) -> Halving:
    """Keep the likelihoods of counts: a page asks for the same ones some hundred times."""
    return Halving(*(np.asarray(values, dtype=np.float64) for values in (lengths, solved, runs)))


@dataclass(frozen=True)
class HalfRatio:
    """Longest length of one group over that of another: every pair of candidates, and how ill it fits.

    The ratio is profiled like a length: it is not rejected where some pair of lengths that has it is not. A candidate
    stands for more lengths than one where it is "not even the shortest", or "the longest, or more": the ratio is then
    known between the ends `low` and `high`.
    """

    deviance: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    value: float
    runs: int
    freedom: float

    def estimate(self, confidence: float = CONFIDENCE) -> Estimate:
        """Estimate the ratio: its lower end where it is known from below alone, infinite where nothing is known."""
        kept = self.deviance <= _limit(self.freedom, confidence) + SAME
        low, high = float(self.low[kept].min()), float(self.high[kept].max())
        value = low if math.isinf(self.value) and low > 0 else self.value
        return Estimate(value, low, high, "ratio", self.runs)

    def p_above(self, edge: float) -> float:
        """Return the p-value of "the ratio is `edge` or less" against more."""
        return 0.0 if edge == -math.inf else self._tail(self.low <= edge)

    def p_below(self, edge: float) -> float:
        """Return the p-value of "the ratio is `edge` or more" against less."""
        return 0.0 if edge == math.inf else self._tail(self.high >= edge)

    def _tail(self, possible: NDArray[np.bool_]) -> float:
        if not possible.any():
            return 0.0
        least = float(self.deviance[possible].min())
        return 1.0 if least <= SAME else float(special.stdtr(self.freedom, -math.sqrt(least)))


@functools.lru_cache(maxsize=512)
def half_ratio(first: Halving, second: Halving) -> HalfRatio:
    """Compare the longest length of `first` with that of `second`."""
    (low_a, high_a), (low_b, high_b) = _ends(first), _ends(second)
    total = first.deviances[:, None] + second.deviances
    with np.errstate(divide="ignore", invalid="ignore"):
        low = np.nan_to_num(low_a[:, None] / high_b, nan=0.0, posinf=math.inf)
        high = np.nan_to_num(high_a[:, None] / low_b, nan=math.inf, posinf=math.inf)
    a, b = first.value, second.value
    known = 0 < a < math.inf and 0 < b < math.inf
    value = a / b if known else (0.0 if a < b else math.inf)
    runs = int(min(first.runs.max(), second.runs.max()))
    freedom = max(float(first.runs.sum() + second.runs.sum()) - 4, 1.0)
    return HalfRatio((total - total.min()).ravel(), low.ravel(), high.ravel(), value, runs, freedom)


def _ends(halves: Halving) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Shortest and longest length that each candidate stands for."""
    low, high = halves.candidates.copy(), halves.candidates.copy()
    high[0], low[-1] = halves.lengths[0] - 1, halves.lengths[-1]
    return low, high


def _limit(freedom: float, confidence: float) -> float:
    """Deviance up to which nothing is rejected."""
    return float(special.stdtrit(freedom, 0.5 + confidence / 2)) ** 2
