"""Table "more-tasks": which network learns which task, beside what a guess reaches that does not look."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from analysis.cells import cell_order
from analysis.readings.training_arms import TASK_ORDER
from analysis.readings.trainings import ARM, ERROR, START_ORDER, judged, steps_to_solve, trainings
from analysis.result import Cell, Fact, Number, Table, fact_key
from analysis.select import measured, ordered_keys
from analysis.statistics.shares import share, wilson
from analysis.tables.entries import number
from analysis.theory.guesses import RIGHT

STUDY = "more-tasks"
COLUMNS = ("task", "seq_len", "cell", "start", "solved", "steps", "score", "baseline", "learning_rate")
"""`score` is the median of the last tests, `baseline` what a guess reaches: shares of right answers, or errors."""
LEARNED = 0.5
"""A network has learned a task where it solves it in so large a share of its trainings, or a larger one."""

Key = tuple[str, int, str, str]
"""Task, length, cell and start."""


def more_tasks_table(frame: pd.DataFrame) -> Table | None:
    """Return a row per task, length, cell and start, judged at the learning rate that other seeds chose.

    Of each task there are as facts, at its longest sequences, how many networks learn it and how often each solves it,
    of `each` trainings where all have as many.
    """
    runs = trainings(frame, STUDY)
    told = judged(runs) if len(runs) else runs
    if told.empty:
        return None
    parts = dict(iter(told.groupby(list(ARM))))
    errors = _errors(frame)
    keys: list[Key] = ordered_keys(parts, TASK_ORDER, (), cell_order(), START_ORDER)
    rows = tuple((*key, *_entries(parts[key], errors)) for key in keys)
    tuning = runs.loc[runs["role"] == "tuning"].groupby([*ARM, "learning_rate"]).size()
    fewest = min(map(len, parts.values()))
    facts: dict[str, Fact] = {
        "fewest": fewest,
        "tuning": int(tuning.min()),
        "hidden_size": tuple(sorted(map(float, told["hidden_size"].unique()))),
        "all_low": Number(wilson(fewest, fewest)[0], "share", digits=2),
        "none_high": Number(wilson(0, fewest)[1], "share", digits=2),
    }
    for task in told["task"].unique():
        facts |= _facts(str(task), told.loc[told["task"] == task])
    return Table(STUDY, COLUMNS, rows, facts)


def _entries(runs: pd.DataFrame, errors: dict[tuple[str, int], float]) -> tuple[Cell, ...]:
    """Return what one arm came to: columns `COLUMNS` from `solved` on."""
    task, length = str(runs["task"].iloc[0]), int(runs["seq_len"].iloc[0])
    wrong = runs["scored_by"].eq(ERROR).any()
    guess = errors.get((task, length)) if wrong else RIGHT[task](length) if task in RIGHT else None
    unit = "1" if wrong else "share"
    score = number(float(runs["score"].median()), unit)
    rate = Number(float(runs["learning_rate"].iloc[0]))
    return replace(share(runs["solved"]), unit="share"), steps_to_solve(runs), score, number(guess, unit), rate


def _errors(frame: pd.DataFrame) -> dict[tuple[str, int], float]:
    """Return the loss of a guess by task and length; where answers are numbers it is their mean squared error."""
    rows = measured(frame, STUDY, "baseline_loss")
    told = rows.drop_duplicates(["task", "seq_len"]).itertuples()
    return {(str(row.task), int(row.seq_len)): float(row.value) for row in told}


def _facts(task: str, runs: pd.DataFrame) -> dict[str, Fact]:
    """Count who learns a task at its longest sequences, and in how many of its trainings each arm solves it."""
    runs = runs.loc[runs["seq_len"] == runs["seq_len"].max()]
    by_arm = runs.groupby(["name", "start"])["solved"]
    facts: dict[str, Fact] = {
        "at": int(runs["seq_len"].iloc[0]),
        "networks": by_arm.ngroups,
        "learners": int((by_arm.mean() >= LEARNED).sum()),
        "trainings": len(runs),
        "solved": int(runs["solved"].sum()),
        "budget": float(runs["budget"].max()),
    }
    facts |= {fact_key(*arm): int(solved) for arm, solved in by_arm.sum().items()}
    each = set(by_arm.size())
    if len(each) == 1:  # else there is no one number of trainings to count of
        facts["each"] = int(each.pop())
    return {fact_key(task, name): fact for name, fact in facts.items()}
