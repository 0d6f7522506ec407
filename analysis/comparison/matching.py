"""Rows of two runs, matched by case, metric and step: all columns of a case, its seed among them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from analysis.comparison.values import Coverage
from bench.case import CASE_COLUMNS

TIMED = ("s", "FLOP/s", "Hz")
"""Units of what a clock says."""
CASE = list(CASE_COLUMNS)
POINT = [name for name in CASE if name != "seed"]
"""A case without its seed."""
FAMILY = ["study", "metric", "unit"]
RUNS = ("a", "b")


@dataclass(frozen=True)
class Matched:
    """Rows of both runs in one frame each, for numbers and for times, and what only one side has.

    The columns are those of `POINT`, `seed`, `metric`, `unit`, `step`, `block`, `value`, `run` ("a" or "b"), and `case`
    and `point`: numbers that name a case with and without its seed, the same on both sides. A logarithm of an exact
    zero is minus infinity, a number that was not reached infinity.
    """

    numbers: pd.DataFrame
    times: pd.DataFrame
    coverage: tuple[Coverage, ...]


def match(a: pd.DataFrame, b: pd.DataFrame) -> Matched:
    """Match the rows of two runs.

    Raises
    ------
    ValueError
        Where a run has no rows, or no study and metric is in both with a case that differs in its seed at most.

    """
    for name, frame in zip("AB", (a, b), strict=True):
        if frame.empty:
            raise ValueError(f"run {name} has no rows; measure some with `recurbench run`, or give another run")
    rows = pd.concat([a.assign(run="a"), b.assign(run="b")], ignore_index=True)
    rows = rows[[*CASE, "metric", "unit", "step", "block", "value", "status", "run"]]
    rows["case"] = rows.groupby(CASE, sort=False).ngroup()
    rows["point"] = rows.groupby(POINT, sort=False).ngroup()
    known = rows.loc[rows["status"].isin(["ok", "zero", "censored"])].copy()
    value = known["value"].mask(known["status"] == "zero", -math.inf)
    known["value"] = value.mask(known["status"] == "censored", math.inf)
    coverage = _coverage(rows, known)
    if not any(item.both or any(item.other_seeds) for item in coverage):
        studies = {name: sorted(set(frame["study"])) for name, frame in zip("AB", (a, b), strict=True)}
        raise ValueError(
            "the runs have no case in common: "
            + "; ".join(f"{name} has {', '.join(found)}" for name, found in studies.items())
            + "; measure the same study and preset on both sides, as `recurbench run --preset quick --study NAME`"
        )
    timed = known["unit"].isin(TIMED)
    return Matched(known.loc[~timed].drop(columns="status"), known.loc[timed].drop(columns="status"), coverage)


def _coverage(rows: pd.DataFrame, known: pd.DataFrame) -> tuple[Coverage, ...]:
    found = []
    absent = rows.loc[~rows.index.isin(known.index)].groupby(["study", "metric", "run"]).size()
    for (study, metric), part in rows.groupby(["study", "metric"], sort=True):
        have = part.drop_duplicates(["case", "step", "run"])
        case = have.groupby(["case", "step"])["run"].transform("nunique")
        point = have.groupby(["point", "step"])["run"].transform("nunique")

        def count(chosen: pd.Series, have: pd.DataFrame = have) -> tuple[int, int]:
            runs = have.loc[chosen, "run"].value_counts()
            return int(runs.get("a", 0)), int(runs.get("b", 0))

        only_a, only_b = count(point == 1)
        without = (int(absent.get((study, metric, "a"), 0)), int(absent.get((study, metric, "b"), 0)))
        other = count((point == 2) & (case == 1))
        found.append(Coverage(study, metric, count(case == 2)[0], only_a, only_b, other, without))
    return tuple(found)
