"""Statistics of claims about time: ratio of two contenders in the same block, for a step and until a task is solved."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from analysis.claims.claim import Statistic
from analysis.claims.samples import Samples
from analysis.readings.call_times import PLACE, POINT, elapsed
from analysis.result import Fact, Number, fact_key
from analysis.select import AGAIN
from analysis.statistics.intervals import generator
from analysis.statistics.paired import block_medians, ratio_of_levels
from analysis.theory.closed_forms import flop_ratio


def _ends(shapes: pd.Series) -> tuple[tuple[str, float], tuple[str, float]]:
    """Return the smallest and the largest ratio of a shape: an average over shapes hides how far they differ."""
    return ("least", shapes.min()), ("most", shapes.max())


def time_ratio(name: str, other: str) -> Statistic:
    """Make the statistic of one cell's time over another's in the same block: per backend, direction and shape."""

    def statistic(frame: pd.DataFrame) -> Samples | None:
        rows = elapsed(frame)
        medians = block_medians(rows.loc[rows["backend"] != AGAIN], ["backend", *PLACE, "name"])
        table = ratio_of_levels(medians, "name", name, other).rename(columns={"block": "sample"})
        if table.empty:
            return None
        facts: dict[str, Fact] = {}
        samples = Samples(table, ("backend", *POINT), "ratio", scale="ratio", centre="mean")
        for (backend, direction), part in table.groupby(["backend", "direction"], sort=False):
            key = fact_key(backend, direction)
            facts[key] = samples.estimate(generator(key), part)
            shapes = np.exp(np.log(part["value"]).groupby([part[name] for name in POINT]).mean())
            facts |= {f"{key}_{end}": Number(float(value), digits=2) for end, value in _ends(shapes)}
        if "bilstm" not in (name, other):
            facts["flop_ratio"] = flop_ratio(name, other)
        return Samples(table, samples.variables, samples.unit, scale="ratio", centre="mean", facts=facts)

    return statistic


STEP, SOLVE = "step", "solve"
"""What takes the time: one training step, or all steps until a task is solved."""


def with_time_to_solve(statistic: Statistic, name: str, other: str) -> Statistic:
    """Judge the time of a step, and beside it the time until a task is solved: a step that is faster may not be enough.

    The variable `timed` has both. Seconds to solve are compared in one block, on one task and seed; a training that
    does not solve its task takes longer than it was given. Facts: the ratios of seconds and of steps to solve, and the
    steps of both.
    """

    def extended(frame: pd.DataFrame) -> Samples | None:
        step = statistic(frame)
        if step is None:
            return None
        known = step.frame.assign(timed=STEP, low=step.frame["value"], high=step.frame["value"])
        tables, facts = [known], dict(step.facts)
        variables = ("timed", *step.variables)
        for metric in ("seconds_to_solve", "steps_to_solve"):
            table = _solving(frame, metric, name, other)
            if table.empty:
                continue
            ratios = Samples(table, step.variables, "ratio", scale="ratio", centre="mean")
            for backend, part in table.groupby("backend"):
                facts[fact_key(metric, backend)] = ratios.estimate(generator(metric), part)
            if metric == "seconds_to_solve":
                tables.append(table.assign(timed=SOLVE))
        return Samples(pd.concat(tables), variables, step.unit, scale="ratio", centre="mean", facts=facts)

    return extended


def _solving(frame: pd.DataFrame, metric: str, name: str, other: str) -> pd.DataFrame:
    """Ratios of what two cells took to solve a task, with `low` and `high` where one of them did not."""
    rows = frame.loc[(frame["study"] == "time-to-solve") & (frame["metric"] == metric)]
    rows = rows.loc[rows["status"].isin(["ok", "censored", "diverged"]) & (rows["backend"] != AGAIN)]
    # Each cell has the learning rate that suits it, so that this alone may differ.
    keys = ["task", "backend", *PLACE, "initialiser", "seed", "block", "run"]
    rows = rows.assign(open=rows["status"] != "ok", value=rows["value"].fillna(math.inf))
    own, rival = (rows.loc[rows["cell"] == cell, [*keys, "value", "open"]] for cell in (name, other))
    pair = own.merge(rival, on=keys, suffixes=("", "_other"))
    pair = pair.loc[~(pair["open"] & pair["open_other"])]  # neither solved it: nothing is known
    ratio = pair["value"] / pair["value_other"]
    # Trainings differ by their seed and not by the block: the first seed stands where the first block of steps does.
    return pair.loc[:, ["backend", *POINT]].assign(
        sample=pair["seed"].rank(method="dense").astype(int) - 1, value=ratio,
        low=ratio.where(~pair["open_other"], 0.0),
        high=ratio.where(~pair["open"], math.inf),
    )  # fmt: skip
