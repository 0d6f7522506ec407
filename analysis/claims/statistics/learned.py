"""Statistics of claims about how networks learn: from how much data, at which settings, with the future in sight."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.claims.claim import Statistic
from analysis.claims.comparisons import ShareDifference
from analysis.claims.samples import Samples
from analysis.readings.arms import EQUAL_SIZE, arms, last_errors, skills
from analysis.readings.trainings import solved_shares, trainings
from analysis.result import Fact, Number, fact_key
from analysis.statistics.intervals import generator, mean_over_seeds
from analysis.statistics.shares import share

SHARE = "share"
"""Unit of shares that are told in percent."""
ONE, TWO = "one", "two"
FEEDFORWARD = "feedforward"
SETTINGS = ["learning_rate", "clip", "hidden_size"]


def data_hunger(name: str, other: str, *, smallest_alone: bool = False) -> Statistic:
    """How much further one cell is behind another with the fewest training sequences than with the most.

    Skill of the other minus that of the cell, at the smallest training set minus at the largest, on the same seed, per
    data set and arm (`analysis.readings.arms`). With `smallest_alone` only how far it is behind there. Facts: what both
    reach at either end.
    """

    def statistic(frame: pd.DataFrame) -> Samples | None:
        found = skills(frame, name, other)
        if found.empty:
            return None
        sizes = found.groupby("task")["train_size"]
        ends = [found.loc[found["train_size"] == sizes.transform(end)] for end in ("min", "max")]
        keys = ["task", "arm", "seed"]
        pair = ends[0].merge(ends[1], on=keys, suffixes=("_few", "_many"))
        few, many = (pair[f"skill_other_{end}"] - pair[f"skill_{end}"] for end in ("few", "many"))
        value = few if smallest_alone else few - many
        table = pair.loc[:, ["task"]].assign(equal=pair["arm"], sample=pair["seed"], value=value)
        alike = found.loc[found["arm"] == EQUAL_SIZE, "hidden_size"]
        facts: dict[str, Fact] = {"hidden_size": tuple(sorted({float(size) for size in alike}))} if len(alike) else {}
        for (task, arm), part in pair.groupby(["task", "arm"]):
            for end in ("few", "many"):
                facts[fact_key(end, task)] = float(part[f"train_size_{end}"].iloc[0])
                for column, cell in (("skill", name), ("skill_other", other)):
                    key = fact_key(cell, end, task, arm)
                    facts[key] = replace(
                        mean_over_seeds(part[f"{column}_{end}"].to_numpy(), generator(key)), unit=SHARE
                    )
        return Samples(table, ("task", "equal"), SHARE, centre="mean", facts=facts)

    return statistic


def settings_that_work(name: str) -> Statistic:
    """Share of random settings with which a feedforward network solves a task, minus that of a cell; the same settings.

    Facts: the share of every model, `works_<model>_<task>`, and how much the learning rate alone decides on the memory
    tasks: the shares at the best and at the worst of the rates, under `torch`, at the shortest length.
    """

    def statistic(frame: pd.DataFrame) -> Samples | None:
        runs = trainings(frame, "random-search")
        runs = runs.assign(name=runs["name"].mask(runs["layout"] == "flat", FEEDFORWARD))
        both = runs.loc[runs["name"].isin([name, FEEDFORWARD])]
        if both["name"].nunique() < 2:
            return None
        table = both.loc[:, ["task"]].assign(
            group=both["name"].map({FEEDFORWARD: "own", name: "other"}),
            sample=both.groupby([*SETTINGS, "seed"]).ngroup(),
            value=both["solved"],
        )
        facts: dict[str, Fact] = {
            fact_key("works", model, task): replace(share(part["solved"]), unit=SHARE)
            for (model, task), part in runs.groupby(["name", "task"])
        }
        facts["settings"] = int(table["sample"].nunique())
        facts |= _rates(frame)
        return Samples(table, ("task",), SHARE, facts=facts, comparison=ShareDifference(paired=True))

    return statistic


def _rates(frame: pd.DataFrame) -> dict[str, Fact]:
    """Shares solved at the best and the worst learning rate of delayed XOR at its second length, by cell."""
    runs = trainings(frame, "memory-tasks")
    runs = runs.loc[(runs["role"] == "judging") & (runs["start"] == "torch") & (runs["task"] == "delayed-xor")]
    lengths = sorted(runs["seq_len"].unique())
    if not lengths:
        return {}
    length = lengths[min(1, len(lengths) - 1)]
    shares = solved_shares(runs.loc[runs["seq_len"] == length], ("name", "learning_rate"))
    rates = int(shares["learning_rate"].nunique())
    if rates < 2:  # nothing to compare
        return {}
    facts: dict[str, Fact] = {"rate_length": float(length), "rates": rates}
    for cell, part in shares.groupby("name"):
        for end, row in (("best", part["share"].idxmax()), ("worst", part["share"].idxmin())):
            facts[fact_key(end, cell)] = Number(float(part.loc[row, "share"]), SHARE)
            facts[fact_key(end, "rate", cell)] = float(part.loc[row, "learning_rate"])
    return facts


def future_gain() -> Statistic:
    """Error of an LSTM of one direction over that of one of two, where the future or the past has the answer.

    With as many units in each direction, and with as many parameters in all. Facts: the errors of the former,
    `<directions>_<where>`, geometric means over seeds as in the figure.
    """

    def statistic(frame: pd.DataFrame) -> Samples | None:
        found = last_errors(frame)
        if found.empty:
            return None
        one, two = found.loc[found["directions"] == 1], found.loc[found["directions"] == 2]
        pair = one.merge(two, on=["context", "offset", "seed"], suffixes=("", "_two"))
        pair["arm"] = arms(pair["hidden_size"], pair["hidden_size_two"], pair["parameters"], pair["parameters_two"])
        pair = pair.loc[pair["arm"] != ""]
        if pair.empty:
            return None
        ratio = pair["error"] / pair["error_two"]
        table = pair.loc[:, ["context"]].assign(equal=pair["arm"], sample=pair["seed"], value=ratio)
        facts: dict[str, Fact] = {
            "shift": float(pair["offset"].abs().max()),
            "hidden_size": float(found["hidden_size"].min()),
        }
        fewest = found.loc[found["hidden_size"] == found["hidden_size"].min()]  # as many units in each direction
        for (context, directions), part in fewest.groupby(["context", "directions"]):
            middle = math.exp(float(np.log(part["error"]).mean()))
            facts[fact_key(ONE if directions == 1 else TWO, context)] = Number(middle, digits=2)
        return Samples(table, ("context", "equal"), "ratio", scale="ratio", centre="mean", facts=facts)

    return statistic
