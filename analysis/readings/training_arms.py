"""Arms of a study of trainings, a cell and how its parameters start; its tasks in order; shares at every learning rate.

An arm is told by the columns `name` and `start` (`analysis.readings.trainings`).
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from analysis.readings.trainings import ARM, chosen_rates, solved_shares, starts, trainings
from analysis.select import measured, ordered

TASK_ORDER = (
    "delayed-xor", "temporal-order", "temporal-order-3", "adding", "adding-variable", "copy-memory", "counting",
    "parity", "shifted-input", "digits-rows", "digits-pixels", "japanese-vowels", "sunspots",
)  # fmt: skip
"""The house's order of tasks: from few symbols to data."""
MEMORY = "memory-tasks"
"""The study of which arms are compared over lengths and learning rates."""
MEMORY_TASKS = ("delayed-xor", "temporal-order", "adding")


def tasks_of(rows: pd.DataFrame) -> list[str]:
    """Return the tasks of rows, in the house's order."""
    return [str(task) for task in ordered(rows["task"], TASK_ORDER)]


def rows_of(frame: pd.DataFrame, study: str, metrics: str | Iterable[str] | None = None) -> pd.DataFrame:
    """Rows of a study of trainings that hold a number, with the column `start`."""
    rows = measured(frame, study, metrics)
    return rows.assign(start=starts(rows))


def table_of(frame: pd.DataFrame, study: str, metrics: Iterable[str], keys: Iterable[str]) -> pd.DataFrame:
    """Return a row per level of `keys` with a column per metric, of metrics that have one number there.

    Empty where not every metric has been measured.
    """
    rows = rows_of(frame, study, list(metrics))
    if set(rows["metric"]) != set(metrics):
        return rows.iloc[:0]
    return rows.pivot(index=list(keys), columns="metric", values="value").reset_index().rename_axis(columns=None)


def shares_by_rate(frame: pd.DataFrame) -> pd.DataFrame:
    """Count what the judging seeds solved in the study of memory tasks, at every learning rate.

    Returns
    -------
    DataFrame
        Columns of `solved_shares` by arm, hidden size and learning rate; `chosen`, whether the tuning seeds chose that
        rate there.

    """
    runs = trainings(frame, MEMORY)
    if runs.empty:
        return runs
    found = solved_shares(runs.loc[runs["role"] == "judging"], (*ARM, "hidden_size", "learning_rate"))
    chosen = chosen_rates(runs).assign(chosen=True)
    found = found.merge(chosen, on=[*ARM, "learning_rate"], how="left")
    return found.assign(chosen=found["chosen"].eq(True))


def chosen_shares(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `shares_by_rate` at the learning rates that were chosen."""
    found = shares_by_rate(frame)
    return found.loc[found["chosen"]].drop(columns="chosen") if len(found) else found
