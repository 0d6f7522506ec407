"""Trainings: the learning rate is chosen by some, and what is told is of others."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from analysis.readings.trainings import (
    ARM,
    PLATEAUS,
    chosen_rates,
    judged,
    on_plateau,
    solved_shares,
    steps_to_solve,
    trainings,
)
from bench.tasks.registry import TASKS
from tests.support.rows import synthetic

SEEDS = 4
PLACE = {"task": "delayed-xor", "seq_len": 20, "name": "lstm", "start": "torch"}


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return synthetic.frame(synthetic.with_truth(seeds=SEEDS), ("memory-tasks",))


@pytest.fixture(scope="module")
def runs(rows: pd.DataFrame) -> pd.DataFrame:
    return trainings(rows, "memory-tasks")


def made(
    *outcomes: tuple[float, list[float], float], role: str = "tuning", metric: str = "test_accuracy"
) -> pd.DataFrame:
    """Trainings of one arm: learning rate, steps of each (infinite: unsolved), last score."""
    return pd.DataFrame(
        [
            PLACE
            | {"learning_rate": rate, "role": role, "seed": seed, "solved": float(math.isfinite(steps)), "steps": steps}
            | {"score": score, "scored_by": metric, "diverged": False, "budget": 4000.0}
            for rate, each, score in outcomes
            for seed, steps in enumerate(each)
        ]
    )


def test_every_training_is_there_once(rows: pd.DataFrame, runs: pd.DataFrame) -> None:
    assert len(runs) == (rows["metric"] == "solved").sum()
    assert runs["scored_by"].notna().all()
    assert (np.isfinite(runs["steps"]) == runs["solved"].eq(1)).all()
    assert runs["diverged"].any()
    assert runs.loc[runs["diverged"], "solved"].eq(0).all()


def test_chrono_that_knows_the_length_is_an_oracle(rows: pd.DataFrame, runs: pd.DataFrame) -> None:
    assert set(runs["start"]) == {"torch", "orthogonal", "torch-fb1", "chrono", "chrono-oracle"}
    values = rows.loc[(rows["initialiser"] == "chrono") & (rows["metric"] == "solved")]
    known = np.isclose(values["initialiser_value"], 1.5 * values["seq_len"])
    assert (runs["start"] == "chrono-oracle").sum() == known.sum()


@pytest.mark.parametrize(
    ("outcomes", "metric", "chosen"),
    [
        (((1e-3, [900, 900], 1.0), (3e-3, [100, math.inf], 1.0)), "test_accuracy", 1e-3),  # most solved
        (((1e-3, [900, 900], 1.0), (3e-3, [300, 300], 1.0)), "test_accuracy", 3e-3),  # then fewest steps
        (((1e-3, [math.inf], 0.5), (3e-3, [math.inf], 0.75)), "test_accuracy", 3e-3),  # then the best test
        (((1e-3, [math.inf], 0.05), (3e-3, [math.inf], 0.17)), "test_mse", 1e-3),  # which is the least error
        (((1e-3, [300], 1.0), (3e-3, [300], 1.0)), "test_accuracy", 1e-3),  # then the smallest
    ],
)
def test_the_rule_that_chooses_a_learning_rate(
    outcomes: tuple[tuple[float, list[float], float], ...], metric: str, chosen: float
) -> None:
    assert chosen_rates(made(*outcomes, metric=metric))["learning_rate"].tolist() == [chosen]


def test_seeds_that_are_judged_do_not_choose(runs: pd.DataFrame) -> None:
    told = judged(runs)
    assert set(told["role"]) == {"judging"}
    assert told.groupby(list(ARM)).size().eq(SEEDS).all()
    lucky = runs.assign(solved=runs["solved"].where(runs["role"] == "tuning", 1.0))
    pd.testing.assert_frame_equal(chosen_rates(lucky), chosen_rates(runs))
    assert judged(runs.loc[runs["role"] == "judging"]).empty
    assert set(judged(runs, 3e-3)["learning_rate"]) == {3e-3}


def test_shares_are_counted_with_their_intervals() -> None:
    told = made((1e-3, [100, 300, math.inf], 1.0), role="judging")
    found = solved_shares(told).iloc[0]
    assert (found["runs"], found["solved"], found["steps"]) == (3, 2, 300)
    assert found["share"] == pytest.approx(2 / 3)
    assert found["low"] < found["share"] < found["high"]


def test_the_plateau_is_neither_chance_nor_solved() -> None:
    stuck = made((1e-3, [math.inf], 0.75), (2e-3, [math.inf], 0.5), (3e-3, [100], 1.0), (4e-3, [math.inf], 0.72))
    assert on_plateau(stuck).tolist() == [True, False, False, True]
    assert not on_plateau(stuck.assign(task="temporal-order")).any()
    assert not on_plateau(stuck.assign(diverged=True)).any()


def test_the_plateaus_are_those_of_the_tasks() -> None:
    assert PLATEAUS == {task.name: task.plateau for task in TASKS if task.plateau is not None}


def test_steps_to_solve_are_beyond_the_budget_where_half_did_not() -> None:
    assert steps_to_solve(made((1e-3, [100, 200, math.inf], 1.0))).value == 200
    open_ended = steps_to_solve(made((1e-3, [100, math.inf, math.inf], 1.0)))
    assert (open_ended.value, open_ended.low) == (math.inf, 4000)
    assert steps_to_solve(made((1e-3, [100, math.inf], 1.0))).low == 4000


def test_a_study_without_rows_has_no_trainings(rows: pd.DataFrame) -> None:
    none = trainings(rows, "more-tasks")
    assert none.empty
    assert judged(none).empty
