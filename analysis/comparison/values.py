"""What a comparison says, as values: numbers and names, no prose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from analysis.result import Estimate
from analysis.statistics.tests import holm

if TYPE_CHECKING:
    import pandas as pd

Place = tuple[tuple[str, object], ...]
"""Columns of a case with their values: those that tell it from the others of its study."""

OUTCOMES = ("same", "not told apart", "different", "other numbers", "too few")
"""Of a study's metric: the same numbers but for rounding; other numbers, and no difference beyond what seeds differ;
a difference beyond that; other numbers of the same seeds, which are too few to say more; other seeds, too few of them.
"""
CHANGED = ("different", "other numbers")

SOURCES = ("peers", "points", "none")
"""Where the noise between the runs is taken from: implementations whose version is the same on both sides; the spread
of the points of this suite's own kernels; or nowhere, because there are too few points."""


@dataclass(frozen=True)
class Side:
    """A run to compare: what it is called, its rows (`analysis.load.load`), the machines they come from."""

    name: str
    frame: pd.DataFrame
    environments: tuple[Mapping[str, object], ...]


@dataclass(frozen=True)
class Machines:
    """The two environments: facts that differ and those that do not, and whose code is the same on both sides.

    `facts` has (name, value of A, value of B), "" where a side has none. `peers` are the implementations whose version
    is known and the same.
    """

    facts: tuple[tuple[str, str, str], ...]
    same_machine: bool
    peers: tuple[str, ...]

    @property
    def differing(self) -> tuple[tuple[str, str, str], ...]:
        """Return the facts that differ."""
        return tuple(fact for fact in self.facts if fact[1] != fact[2])


@dataclass(frozen=True)
class Coverage:
    """How much of a study's metric is on both sides, and how much only on one: numbers, one per case and step.

    `both` have the same seed too; `other_seeds` are those of A and of B that the other side has with other seeds.
    `without_value` counts rows that hold no number (failed or diverged), on either side.
    """

    study: str
    metric: str
    both: int
    only_a: int
    only_b: int
    other_seeds: tuple[int, int]
    without_value: tuple[int, int]


@dataclass(frozen=True)
class Numbers:
    """A study's metric that is computed, not timed.

    Parameters
    ----------
    study, metric, unit
        What it is.
    paired
        Numbers that both sides have of the same case, seed included.
    beyond
        How many of these differ by more than rounding, `tolerance`.
    largest, where
        The largest of the differences, in the metric's unit, and the case.
    seeds
        How many seeds either side has at a point.
    points, tests
        Points (cases without their seed, and steps) that are compared over seeds because their numbers are not the
        same, and how many of them have enough seeds.
    apart
        How many of those differ after the correction.
    difference
        Of the mean over all those points, B minus A, with its interval over seeds; None where no point can be tested.
    furthest, furthest_at
        The point with the least p-value: its difference with its interval, not corrected.
    p_values
        Of the tests, two-sided.

    """

    study: str
    metric: str
    unit: str
    paired: int
    beyond: int
    tolerance: float
    largest: float
    where: Place
    seeds: tuple[int, int]
    points: int
    tests: int
    difference: Estimate | None
    furthest: Estimate | None
    furthest_at: Place
    p_values: tuple[float, ...] = field(repr=False)
    table: pd.DataFrame = field(repr=False)
    apart: int = 0

    def decided(self, level: float) -> Numbers:
        """Return it with the number of points that differ, at this level for all of them together."""
        rejected = holm(self.p_values, level) if self.p_values else np.zeros(0, dtype=bool)
        table = self.table.assign(differs=False)
        table.loc[table.index[table["p"].notna()], "differs"] = rejected
        return replace(self, apart=int(rejected.sum()), table=table)

    @property
    def outcome(self) -> str:
        """Return which of `OUTCOMES` it is."""
        if self.points == 0:
            return "same"
        if self.apart:
            return "different"
        if self.tests:
            return "not told apart"
        return "other numbers" if self.beyond else "too few"


@dataclass(frozen=True)
class Noise:
    """How far times of the same code come apart from run to run, as standard deviations of a logarithm.

    `between` is what a point has besides the noise of its blocks, `within`; `source` is one of `SOURCES`, `points` how
    many the noise rests on, and `again` whether kernels measured twice say more than the other source.
    """

    source: str
    between: float
    within: float
    points: int
    again: bool

    @property
    def total(self) -> float:
        """Return the standard deviation of the logarithm of one point's ratio."""
        return float(np.hypot(self.between, self.within))


@dataclass(frozen=True)
class Factor:
    """A ratio of times B over A, averaged geometrically over points.

    `kind`: "overall" of a backend, "cell" of one cell over the overall factor, "peers" of this suite's own kernels over
    a peer, "again" of kernels measured twice in each run, over themselves. `p` is None where nothing is tested: the
    overall factor has the day in it. `n` of the estimate counts points.
    """

    kind: str
    backend: str
    direction: str
    name: str
    estimate: Estimate
    p: float | None = None
    differs: bool = False


@dataclass(frozen=True)
class Times:
    """The times of a study, of one unit.

    `points` has a row per case, metric and step: `ratio`, `low`, `high` (95 %, noise between the runs included),
    `over`: the ratio over the overall factor of its backend and direction, `p` where it is tested, `differs`.
    """

    study: str
    unit: str
    noise: Noise
    factors: tuple[Factor, ...]
    points: pd.DataFrame = field(repr=False)
    level: float = 0.0

    @property
    def families(self) -> int:
        """Return how many questions are asked of these times."""
        kinds = {factor.kind for factor in self.factors if factor.p is not None}
        return len(kinds) + int(self.points["p"].notna().any())

    def decided(self, level: float) -> Times:
        """Return it with what differs at this level for each of its questions."""
        factors = list(self.factors)
        for kind in {factor.kind for factor in factors if factor.p is not None}:
            asked = [place for place, factor in enumerate(factors) if factor.kind == kind and factor.p is not None]
            p_values = np.array([factors[place].p for place in asked], dtype=float)
            for place, differs in zip(asked, holm(p_values, level), strict=True):
                factors[place] = replace(factors[place], differs=bool(differs))
        points = self.points.assign(differs=False)
        tested = points.index[points["p"].notna()]
        if len(tested):
            points.loc[tested, "differs"] = holm(points.loc[tested, "p"].to_numpy(), level)
        return replace(self, factors=tuple(factors), points=points, level=level)

    @property
    def differing(self) -> pd.DataFrame:
        """Return the points that stand out, the furthest first."""
        found = self.points.loc[self.points["differs"].astype(bool)]
        order = np.log(found["over"].to_numpy(dtype=float))
        return found.iloc[np.argsort(-np.abs(order), kind="stable")]

    @property
    def changed(self) -> bool:
        """Say whether anything is beyond the noise."""
        return bool(self.points["differs"].any()) or any(factor.differs for factor in self.factors)


@dataclass(frozen=True)
class Flip:
    """A claim whose verdict is not the same on both sides."""

    claim_id: str
    number: int
    verdicts: tuple[str, str]
    estimates: tuple[Estimate | None, Estimate | None]


@dataclass(frozen=True)
class Verdicts:
    """The claims: whose verdicts flipped, which only one run could judge, and how many came out alike.

    `judged` counts the claims that both sides have a verdict on that rests on rows, or that neither needs rows for.
    """

    flips: tuple[Flip, ...]
    one_sided: tuple[Flip, ...]
    same: int
    judged: int


@dataclass(frozen=True)
class Comparison:
    """All that the table and the page need. `level` is the part of 5 % that each of `families` questions has."""

    a: str
    b: str
    machines: Machines
    coverage: tuple[Coverage, ...]
    numbers: tuple[Numbers, ...]
    times: tuple[Times, ...]
    verdicts: Verdicts
    families: int
    level: float

    @property
    def changed(self) -> bool:
        """Say whether any number or time differs beyond the noise."""
        return any(item.outcome in CHANGED for item in self.numbers) or any(item.changed for item in self.times)
