"""Statistics of claims about what trained networks remember: how long the sequences are that they can solve."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from analysis.claims.claim import Statistic
from analysis.claims.comparisons import LongestRatio, ShareDifference
from analysis.claims.samples import Comparison, Samples
from analysis.claims.statistics.flow import GATE_INITIALISERS, horizon_ratio
from analysis.readings.horizons import median_horizon
from analysis.readings.trainings import ARM, START_ORDER, judged, on_plateau, solved_shares, steps_to_solve, trainings
from analysis.result import LOGARITHM, Estimate, Fact, Number, fact_key
from analysis.select import arranged, measured
from analysis.statistics.fits import horizons, profiles
from analysis.statistics.halves import halving

STUDY = "memory-tasks"
ORACLE = "chrono-oracle"
LEVELS = ("task", "initialiser")
UNTRAINED, TRAINED = "before", "after"


def longest_ratio(name: str, other: str, *, rate: float | None = None, other_start: str = "") -> Statistic:
    """Longest sequence that half of the networks of one cell solve, over that of another, per task and initialiser.

    At the learning rate that other seeds chose, length by length, or at `rate`. Only lengths at which both were trained
    count. An initialiser that sets gate biases alone is compared with a cell without gates under `torch`; with
    `other_start` every one is compared with that. Chrono that knows the length is told as a fact, and is no level.
    Facts: those lengths, `<cell>_<start>_<task>`.
    """
    return _compared(LongestRatio(), "ratio", name, other, rate, other_start)


def solved_difference(name: str, other: str) -> Statistic:
    """Share of a task's networks that solve it, over all its lengths, of one cell minus another; as above."""
    return _compared(ShareDifference(), "1", name, other, None, "")


def _compared(
    comparison: Comparison, unit: str, name: str, other: str, rate: float | None, other_start: str
) -> Statistic:
    def statistic(frame: pd.DataFrame) -> Samples | None:
        runs = judged(trainings(frame, STUDY), rate)
        runs = runs.loc[runs["name"].isin([name, other])]
        pairs = list(_pairs(runs, name, other, other_start))
        if not pairs:
            return None
        table = arranged(pd.concat(pairs), [*LEVELS, "group", "seq_len", "sample"], {"initialiser": START_ORDER})
        return Samples(table, LEVELS, unit, facts=_longest(runs) | _outcomes(runs), comparison=comparison)

    return statistic


def _pairs(runs: pd.DataFrame, name: str, other: str, other_start: str) -> Iterator[pd.DataFrame]:
    """Yield both groups of each task and initialiser, where there are both.

    Where both solve everything that was tried, or neither anything, nothing is known of which reaches farther: such a
    place was not measured, and is no level.
    """
    for _, of_task in runs.groupby("task", sort=False):
        mine = of_task.loc[(of_task["name"] == name) & (of_task["start"] != ORACLE)]
        for start, own in mine.groupby("start", sort=False):
            pair = _grouped(own, _partner(of_task, other, other_start or str(start)))
            if pair["group"].nunique() == 2 and pair["value"].nunique() == 2:
                yield pair


def _partner(part: pd.DataFrame, other: str, start: str) -> pd.DataFrame:
    """Trainings of the other cell under an initialiser; under `torch` where it has no gate whose bias that one sets."""
    found = part.loc[(part["name"] == other) & (part["start"] == start)]
    if found.empty and start in GATE_INITIALISERS and other == "rnn":
        found = part.loc[(part["name"] == other) & (part["start"] == "torch")]
    return found


def _grouped(own: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Both groups at the lengths they share, under the name of the own initialiser."""
    shared = set(own["seq_len"]) & set(other["seq_len"])
    both = pd.concat([own.assign(group="own"), other.assign(group="other")]).assign(initialiser=own["start"].iloc[0])
    both = both.loc[both["seq_len"].isin(shared)]
    return both.loc[:, [*LEVELS, "group", "seq_len"]].assign(sample=both["seed"], value=both["solved"])


def _longest(runs: pd.DataFrame) -> dict[str, Fact]:
    """Find the longest sequence that half of the networks solve, of each cell and initialiser, task by task.

    Left out where every length is possible, as it is from a few networks at a single one.
    """
    found = {
        fact_key(cell, start, task): halving(part["seq_len"], part["solved"]).estimate()
        for (cell, start, task), part in runs.groupby(["name", "start", "task"])
    }
    return {key: _as_bound(longest) for key, longest in found.items() if longest.low > 0 or longest.high < math.inf}


def _as_bound(longest: Estimate) -> Estimate:
    """Write a length beyond those that were measured as the bound that is known of it."""
    if longest.value == 0:
        return replace(longest, low=-math.inf)
    return longest if math.isfinite(longest.value) else replace(longest, value=longest.low)


def _outcomes(runs: pd.DataFrame) -> dict[str, Fact]:
    """Count the trainings that were judged, and of those that failed how many stand at the task's plateau.

    And tell the hidden sizes of each task, `hidden_size_<task>`.
    """
    failed = runs.loc[runs["solved"] == 0]
    sizes = runs.groupby("task")["hidden_size"].unique()
    return {
        **{fact_key("hidden_size", task): tuple(sorted(map(float, found))) for task, found in sizes.items()},
        "trainings": len(runs),
        "failed": len(failed),
        "stuck": int(on_plateau(runs).sum()),
        "diverged": int(failed["diverged"].sum()),
        "networks": int(runs.groupby(list(ARM)).size().min()),
        "budget": float(runs["budget"].max()),
    }


def with_solving_steps(statistic: Statistic, cells: tuple[str, ...]) -> Statistic:
    """Add the training steps until each cell solved a task under `torch`, at the longest length that all of them do.

    Facts: `steps_<cell>_<task>`, and `length_<task>`.
    """

    def extended(frame: pd.DataFrame) -> Samples | None:
        samples = statistic(frame)
        if samples is None:
            return None
        runs = judged(trainings(frame, STUDY))
        runs = runs.loc[runs["name"].isin(cells) & (runs["start"] == "torch")]
        facts = dict(samples.facts)
        for task, part in runs.groupby("task"):
            shares = solved_shares(part, ("seq_len", "name"))
            most = shares.loc[shares["share"] >= 0.5].groupby("seq_len")["name"].nunique()
            lengths = most.index[most == len(cells)]
            if len(lengths) == 0:
                continue
            facts[fact_key("length", task)] = float(lengths.max())
            for cell, runs_of in part.loc[part["seq_len"] == lengths.max()].groupby("name"):
                facts[fact_key("steps", cell, task)] = steps_to_solve(runs_of)
        return replace(samples, facts=facts)

    return extended


def horizon_ratio_with_training(name: str, other: str, epsilon: float) -> Statistic:
    """Horizon of one cell over that of another before training, and after it, on the same seed.

    Before training the networks of the study of gradients; after it those that were trained to add, whose gradient is
    followed from the answer backwards. Facts: how much of a gradient is left at the first step, before and after.
    """
    before = horizon_ratio(name, other, epsilon)

    def statistic(frame: pd.DataFrame) -> Samples | None:
        untrained = before(frame)
        if untrained is None:
            return None
        tables = [untrained.frame.assign(training=UNTRAINED)]
        found = horizons(profiles(measured(frame, "during-training", "log10_profile_after", zeros=True)), epsilon)
        own = found.loc[found["name"] == name]
        plain = found.loc[(found["name"] == other) & (found["initialiser"] == "torch")]
        keys = ["hidden_size", "seed"]
        pair = own.merge(plain.loc[:, [*keys, "horizon", "censored"]], on=keys, suffixes=("", "_other"))
        facts: dict[str, Fact] = dict(untrained.facts)
        if len(pair):
            ratio = pair["horizon"] / pair["horizon_other"]
            tables.append(
                pair.loc[:, ["initialiser", "hidden_size"]].assign(
                    training=TRAINED, sample=pair["seed"], value=ratio,
                    low=ratio.where(~pair["censored_other"], 0.0), high=ratio.where(~pair["censored"], math.inf),
                )
            )  # fmt: skip
            facts |= _left(frame, (name, other))
            torch = pair.loc[pair["initialiser"] == "torch"]
            if len(torch):
                facts |= {"trained": median_horizon(torch), "trained_other": median_horizon(torch, "_other")}
        table = pd.concat(tables, ignore_index=True)
        return Samples(table, ("training", *untrained.variables), "ratio", scale="ratio", facts=facts)

    return statistic


def _left(frame: pd.DataFrame, cells: tuple[str, ...]) -> dict[str, Fact]:
    """Find what is left of a gradient at the first step before and after training under `torch`, median over seeds."""
    rows = measured(frame, "during-training", "log10_left_at", zeros=True)
    rows = rows.loc[rows["name"].isin(cells) & (rows["initialiser"] == "torch")].sort_values("step")
    facts: dict[str, Fact] = {}
    if len(rows):
        facts |= {"task_steps": float(rows["seq_len"].max()), "task_hidden_size": float(rows["hidden_size"].max())}
    for cell, part in rows.groupby("name"):
        for place, ends in (("before", part.groupby("seed").head(1)), ("after", part.groupby("seed").tail(1))):
            facts[fact_key("left", place, cell)] = Number(float(ends["value"].median()), LOGARITHM)
    return facts
