"""How long a network takes to solve a task: training steps, and the seconds of these steps."""

from __future__ import annotations

import time

from bench.case import Case
from bench.measures.training import training_rows
from bench.rows import Measurement
from bench.training import prepare
from cells import using_threads


def measure(case: Case, block: int, rounds: int) -> list[Measurement]:
    """Train once; `rounds` is not used, as a training is one sample.

    The seconds are those from the first step to the first of the tests in a row that were passed, tests left out. Where
    the task was not solved they are censored: at those of all steps that were taken.
    """
    ends: list[float] = []
    """Seconds of training, tests left out, at each test."""
    with using_threads(case.threads):
        warm = prepare(case)  # kernels are loaded or compiled before the clock starts
        batch = warm.draw(1)
        warm.trainer.step(batch.x, batch.targets, batch.lengths, batch.weights)
        warm.test()
        training = prepare(case)
        spent, resumed = 0.0, time.perf_counter()

        def test() -> float:
            nonlocal spent, resumed
            spent += time.perf_counter() - resumed
            ends.append(spent)
            score = training.test()
            resumed = time.perf_counter()
            return score

        history = training.run(test)
    rows = training_rows(training, history, block)
    if history.steps_to_solve is None:
        why = f"diverged at training step {history.diverged_at}" if history.diverged_at else "not solved in the budget"
        status, seconds = "censored", history.seconds
    else:
        solving = [step for step, _ in history.tests].index(history.steps_to_solve)
        why, status, seconds = "", "ok", ends[solving]
    rows.append(Measurement(case, "seconds_to_solve", seconds, "s", block, status=status, reason=why))
    return rows
