"""What a guess reaches, as the analysis has it and as the tasks themselves do."""

from __future__ import annotations

import pytest

from analysis.theory.guesses import RIGHT
from bench.studies.more_tasks import STUDY
from bench.tasks.registry import find_task


@pytest.mark.parametrize("task", RIGHT)
@pytest.mark.parametrize("steps", [21, 41, 64])
def test_a_guess_is_right_as_often_as_its_task_says(task: str, steps: int) -> None:
    chance = find_task(task).chance
    assert chance is not None
    assert RIGHT[task](steps) == chance(steps)


def test_every_task_of_the_table_that_counts_right_answers_has_a_guess() -> None:
    tasks = {sweep.task for sizes in (STUDY.sizes.course, STUDY.sizes.full) for sweep in sizes.sweeps}
    counted = {task for task in tasks if find_task(task).score == "accuracy"}
    assert counted
    assert counted <= set(RIGHT)
