"""Trainings: what each came to, which learning rate was chosen, and what is solved at that one.

A learning rate is chosen for each task, length, cell and initialiser by trainings of the role "tuning", and what is
told of it are those of the role "judging", which have other seeds. Whoever chose by the seeds that are told would tell
the luck of the best of four.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from analysis.result import Estimate
from analysis.statistics.intervals import beyond, exact
from analysis.statistics.shares import share

ORACLE = 1.5
"""Chrono with T_max = 1.5 T knows how long the sequences are: an oracle, and no initialiser that anyone could use."""
START_ORDER = ("torch", "orthogonal", "torch-fb1", "chrono", "chrono-oracle", "gaussian")
"""Order of the ways in which networks start."""
PLATEAUS = {"delayed-xor": 0.75}
"""Accuracy at which trainings on a task get stuck, apart from chance: all but the exclusive or is learned."""

SETTING = ("task", "seq_len", "name", "start", "layout", "hidden_size", "train_size", "clip", "offset")
"""What names a training but for its learning rate and its seed."""
RUN = (*SETTING, "initialiser_value", "optimiser", "learning_rate", "role", "seed", "block", "backend")
"""What names one training."""
ARM = ("task", "seq_len", "name", "start")
"""What a learning rate is chosen for."""
SCORES = ("test_accuracy", "test_mse")
ERROR = "test_mse"
"""The score of which less is better."""


def trainings(frame: pd.DataFrame, study: str) -> pd.DataFrame:
    """List the trainings of a study, one a row.

    Returns
    -------
    DataFrame
        The columns of `SETTING`, `learning_rate`, `role`, `seed`, `block`, `budget`; `solved` (1 or 0), `steps`
        (training steps until it was solved, infinite where it was not), `score` (the last test's) and `scored_by`
        (which of `SCORES` that is), `diverged` (whether loss or gradient became infinite).

    """
    rows = frame.loc[(frame["study"] == study) & frame["metric"].isin(["solved", "steps_to_solve", *SCORES])]
    rows = rows.assign(start=starts(rows), name=rows["cell"].where(rows["merge"] == "none", "bi" + rows["cell"]))
    rows["run"] = rows.groupby(list(RUN), sort=False).ngroup()
    told = rows["status"] == "ok"
    found = rows.loc[told & (rows["metric"] == "solved"), ["run", *RUN, "budget", "value"]].set_index("run")
    taken = rows.loc[rows["metric"] == "steps_to_solve"].set_index("run")
    tests = rows.loc[told & rows["metric"].isin(SCORES)].sort_values("step").drop_duplicates("run", keep="last")
    tests = tests.set_index("run")
    return (
        found.rename(columns={"value": "solved"})
        .assign(
            steps=taken["value"].where(taken["status"] == "ok", math.inf).astype(float),
            diverged=taken["status"] == "diverged",
            score=tests["value"],
            scored_by=tests["metric"],
        )
        .assign(steps=lambda runs: runs["steps"].fillna(math.inf), diverged=lambda runs: runs["diverged"].eq(True))
        .reset_index(drop=True)
    )


def starts(rows: pd.DataFrame) -> pd.Series:
    """Name how each network starts: its initialiser, and "chrono-oracle" where chrono knows the length."""
    knows = (rows["initialiser"] == "chrono") & np.isclose(rows["initialiser_value"], ORACLE * rows["seq_len"])
    return rows["initialiser"].mask(knows, "chrono-oracle")


def chosen_rates(runs: pd.DataFrame) -> pd.DataFrame:
    """Choose a learning rate for each arm, on trainings of the role "tuning" alone.

    The rule, in this order: most trainings solved; fewest steps until they were, in the median, unsolved ones counting
    as beyond every number; the best last test; the smallest rate.

    Parameters
    ----------
    runs
        What `trainings` returns.

    Returns
    -------
    DataFrame
        Columns `ARM`, `learning_rate`: one row an arm. Arms without a training that chooses are left out.

    """
    tuning = runs.loc[runs["role"] == "tuning"]
    tuning = tuning.assign(loss=tuning["score"].where(tuning["scored_by"] == ERROR, -tuning["score"]))
    ranked = tuning.groupby([*ARM, "learning_rate"], as_index=False).agg(
        solved=("solved", "mean"), steps=("steps", "median"), loss=("loss", "mean")
    )
    better = {"solved": False, "steps": True, "loss": True, "learning_rate": True}  # whether less is
    ranked = ranked.sort_values([*ARM, *better], ascending=[True] * len(ARM) + list(better.values()))
    return ranked.drop_duplicates(list(ARM)).loc[:, [*ARM, "learning_rate"]].reset_index(drop=True)


def judged(runs: pd.DataFrame, rate: float | None = None) -> pd.DataFrame:
    """Return the trainings of the role "judging" at the learning rate that was chosen, or at one that is given."""
    told = runs.loc[runs["role"] == "judging"]
    if rate is not None:
        return told.loc[np.isclose(told["learning_rate"], rate)]
    return told.merge(chosen_rates(runs), on=[*ARM, "learning_rate"])


def solved_shares(runs: pd.DataFrame, by: tuple[str, ...] = (*ARM, "learning_rate")) -> pd.DataFrame:
    """Count what was solved, at each level of `by`.

    Returns
    -------
    DataFrame
        Columns `by`; `runs`, `solved` (counts), `share` with its ends `low` and `high` (Wilson), `steps` (median
        training steps until it was solved, infinite where fewer than half solved it); and of those not solved how many
        stand at the task's plateau (`stuck`) and how many `diverged`.

    """
    rows = []
    for key, part in runs.groupby(list(by), sort=False):
        happened = share(part["solved"])
        rows.append(
            (
                *(*key, len(part), int(part["solved"].sum()), happened.value, happened.low, happened.high),
                *(_middle(part["steps"]), int(on_plateau(part).sum()), int(part["diverged"].sum())),
            )
        )
    columns = [*by, "runs", "solved", "share", "low", "high", "steps", "stuck", "diverged"]
    return pd.DataFrame(rows, columns=columns)


def on_plateau(runs: pd.DataFrame) -> pd.Series:
    """Say which trainings ended at their task's plateau: unsolved, and nearer to it than to chance or to all right."""
    level = runs["task"].map(PLATEAUS)
    half_way = (1 - level) / 2
    return runs["solved"].eq(0) & ~runs["diverged"] & ((runs["score"] - level).abs() < half_way)


def carried_on(curves: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Give each curve of scores a value at every step that any of them has: the last one that it had by then.

    A training ends when its task is solved. Without this what is said of the last steps would be said of those alone
    that had not solved it.
    """
    if curves.empty:
        return curves
    wide = curves.pivot_table(index=keys, columns="step", values="value", observed=True)
    return wide.sort_index(axis=1).ffill(axis=1).stack().rename("value").reset_index()


def steps_to_solve(runs: pd.DataFrame) -> Estimate:
    """Take the median of the steps until a training solved its task: beyond the budget where fewer than half did."""
    middle = _middle(runs["steps"])
    if math.isfinite(middle):
        return exact(middle, "steps", len(runs))
    return beyond(float(runs["budget"].max()), "steps", len(runs))


def _middle(steps: pd.Series) -> float:
    """Median of steps some of which are infinite; of an even number the larger of both in the middle."""
    return float(np.quantile(steps.to_numpy(float), 0.5, method="higher"))
