"""The table of more tasks: who solves what is what the rows were made with."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from analysis.result import Cell, Estimate, Number, Table
from analysis.statistics.shares import wilson
from analysis.tables import build_table
from analysis.tables.more_tasks import COLUMNS, more_tasks_table
from reports.numbers import shown
from tests.support.rows import synthetic
from tests.support.rows.synthetic_training import BUDGET, VARIANCE

SEEDS = 4

Key = tuple[str, int, str, str]


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return synthetic.frame(synthetic.with_truth(seeds=SEEDS), ("more-tasks",))


@pytest.fixture(scope="module")
def table(frame: pd.DataFrame) -> Table:
    return built(frame)


def built(frame: pd.DataFrame) -> Table:
    table = build_table("more-tasks", frame)
    assert table is not None
    return table


def named(table: Table) -> dict[Key, dict[str, Cell]]:
    assert table.columns == COLUMNS
    return {row[:4]: dict(zip(COLUMNS, row, strict=True)) for row in table.rows}  # type: ignore[misc]


def of_arm(frame: pd.DataFrame, task: str, cell: str, start: str) -> pd.Series:
    """Say which rows belong to the judged trainings of an arm."""
    arm = (frame["task"] == task) & (frame["cell"] == cell) & (frame["initialiser"] == start)
    return arm & (frame["role"] == "judging")


def made_solved(frame: pd.DataFrame, rows: pd.Series, solved: float) -> pd.DataFrame:
    """Change whether trainings solved their task."""
    return frame.assign(value=frame["value"].mask(rows & (frame["metric"] == "solved"), solved))


def test_every_network_has_a_row_for_every_task_in_the_order_of_the_house(table: Table) -> None:
    keys = list(named(table))
    tasks = [("temporal-order-3", 30), ("adding-variable", 30), ("copy-memory", 40), ("counting", 21), ("parity", 20)]
    assert list(dict.fromkeys(key[:2] for key in keys)) == tasks
    arms = [("rnn", "torch"), ("lstm", "torch"), ("lstm", "torch-fb1"), ("lstm", "chrono"), ("gru", "torch")]
    assert [key[2:] for key in keys if key[0] == "parity" and key[2:] in arms] == arms


def test_the_share_solved_has_wilsons_interval(table: Table) -> None:
    for (task, _, cell, _), row in named(table).items():
        count = 0 if task == "parity" or cell == "rnn" else SEEDS
        assert row["solved"] == Estimate(count / SEEDS, *wilson(count, SEEDS), "share", SEEDS)


def test_steps_are_the_median_of_what_is_judged_at_the_chosen_rate(frame: pd.DataFrame, table: Table) -> None:
    rows = named(table)
    row = rows["counting", 21, "lstm", "torch"]
    assert isinstance(row["learning_rate"], Number)
    told = frame.loc[of_arm(frame, "counting", "lstm", "torch") & (frame["metric"] == "steps_to_solve")]
    steps = sorted(told.loc[told["learning_rate"] == row["learning_rate"].value, "value"])
    assert len(steps) == SEEDS
    assert shown(row["steps"]) == shown(steps[SEEDS // 2])
    assert shown(rows["counting", 21, "rnn", "torch"]["steps"]) == f"> {shown(BUDGET)}"


def test_the_last_test_stands_beside_a_guess_in_the_same_unit(table: Table) -> None:
    rows = named(table)
    assert [shown(rows["counting", 21, "gru", "torch"][name]) for name in ("score", "baseline")] == ["100 %", "40 %"]
    assert shown(rows["parity", 20, "lstm", "torch"]["baseline"]) == "50 %"
    adding = [rows["adding-variable", 30, cell, "torch"] for cell in ("rnn", "lstm")]
    assert [(shown(row["score"]), shown(row["baseline"])) for row in adding] == [
        ("0.17", shown(VARIANCE)),
        ("0.005", shown(VARIANCE)),
    ]


def test_the_facts_count_who_learns_a_task(frame: pd.DataFrame, table: Table) -> None:
    arms = len({key[2:] for key in named(table)})
    assert {table.facts[f"{task}_networks"] for task in ("parity", "counting", "adding_variable")} == {arms}
    assert (table.facts["parity_learners"], table.facts["parity_solved"]) == (0, 0)
    assert table.facts["parity_trainings"] == arms * SEEDS
    assert table.facts["counting_learners"] == arms - 1
    other = built(made_solved(frame, of_arm(frame, "parity", "gru", "torch"), 1.0))
    assert (other.facts["parity_learners"], other.facts["parity_solved"]) == (1, SEEDS)
    assert other.facts["parity_gru_torch"] == other.facts["parity_each"] == SEEDS


def test_half_of_the_trainings_are_enough_to_have_learned(frame: pd.DataFrame) -> None:
    seeds = sorted(frame.loc[frame["role"] == "judging", "seed"].unique())
    for count, learners in ((SEEDS // 2, 1), (SEEDS // 2 - 1, 0)):
        some = of_arm(frame, "parity", "gru", "torch") & frame["seed"].isin(seeds[:count])
        assert built(made_solved(frame, some, 1.0)).facts["parity_learners"] == learners


def test_facts_are_about_the_longest_sequences(frame: pd.DataFrame) -> None:
    longer = frame.loc[frame["task"] == "counting"].assign(seq_len=41)
    longer = made_solved(longer, longer["role"] == "judging", 0.0)
    found = built(pd.concat([frame, longer], ignore_index=True))
    assert (found.facts["counting_at"], found.facts["counting_learners"]) == (41, 0)
    both = {length for task, length, *_ in named(found) if task == "counting"}
    assert both == {21, 41}


def test_where_networks_have_unequal_numbers_of_trainings_none_is_told(frame: pd.DataFrame) -> None:
    last = frame.loc[frame["role"] == "judging", "seed"].max()
    fewer = frame.loc[~(of_arm(frame, "parity", "gru", "torch") & (frame["seed"] == last))]
    facts = built(fewer).facts
    assert "parity_each" not in facts
    assert facts["counting_each"] == SEEDS
    assert facts["fewest"] == SEEDS - 1


def test_a_task_whose_guess_is_not_known_has_none(frame: pd.DataFrame) -> None:
    found = built(frame.assign(task=frame["task"].mask(frame["task"] == "parity", "own-task")))
    row = named(found)["own-task", 20, "lstm", "torch"]
    assert row["baseline"] is None
    assert not math.isnan(row["score"].value)  # type: ignore[union-attr]


def test_without_trainings_that_are_judged_there_is_no_table(frame: pd.DataFrame) -> None:
    assert more_tasks_table(frame.iloc[:0]) is None
    assert more_tasks_table(frame.loc[frame["role"] == "tuning"]) is None
    assert more_tasks_table(frame.loc[frame["role"] == "judging"]) is None
