"""Train a network on a task: whether and when it is solved, what the test says on the way, how large gradients were."""

from __future__ import annotations

import numpy as np

from bench.case import Case
from bench.rows import Measurement
from bench.training import EVERY, FLAT, Training, prepare
from cells import using_threads
from cells.training import History

DENSE_TESTS = 10
"""Tests whose scores are all stored; of later ones every `THIN_TESTS`-th, and the last two."""
THIN_TESTS = 5


def measure_training(case: Case, block: int) -> list[Measurement]:
    """Train once. A training that diverges is no error: it is not solved, and its row says at which step and why.

    `steps_to_solve` is censored at the budget where the task was not solved within it. Scores stand at the training
    step after which they were taken, those of the gradient's norm are over all steps taken.
    """
    with using_threads(case.threads):
        training = prepare(case)
        history = training.run()
    return training_rows(training, history, block)


def training_rows(training: Training, history: History, block: int) -> list[Measurement]:
    """Return the rows of a training that has ended."""
    case, task = training.case, training.task
    rows = [
        Measurement(case, "solved", float(history.steps_to_solve is not None), "1", block),
        _steps_to_solve(case, history, block),
        Measurement(case, "parameters", float(trained_parameters(training)), "count", block),
        Measurement(case, "baseline_loss", float(task.baseline(case.seq_len)), "1", block),
    ]
    rows += score_rows(training, history, block)
    norms = history.gradient_norms
    if len(norms):
        clip = case.number("clip")
        rows += [
            Measurement(case, metric, float(value), "1", block)
            for metric, value in (
                ("share_clipped", np.mean(norms > clip) if clip else 0.0),
                ("gradient_norm_median", np.median(norms)),
                ("gradient_norm_max", np.max(norms)),
            )
        ]
    return rows


def _steps_to_solve(case: Case, history: History, block: int) -> Measurement:
    metric = "steps_to_solve"
    if history.steps_to_solve is not None:
        return Measurement(case, metric, float(history.steps_to_solve), "steps", block)
    if history.diverged_at is not None:
        reason = f"the loss or its gradient is not finite at training step {history.diverged_at}"
        step = float(history.diverged_at)
        return Measurement(case, metric, None, "steps", block, step=step, status="diverged", reason=reason)
    budget = case.number("budget")
    reason = f"not solved within {budget:g} training steps"
    return Measurement(case, metric, budget, "steps", block, status="censored", reason=reason)


def score_rows(training: Training, history: History, block: int) -> list[Measurement]:
    """Return the scores that are stored: all of the first tests, some of the later ones, and the last two.

    A score that is no finite number, of a network whose weights are nearly infinite, has no value.
    """
    rows = []
    metric = f"test_{training.task.score}"
    last = {step for step, _ in history.tests[-2:]}
    for step, found in history.tests:
        if step > DENSE_TESTS * EVERY and step % (THIN_TESTS * EVERY) and step not in last:
            continue
        if np.isfinite(found):
            rows.append(Measurement(training.case, metric, float(found), "1", block, step=float(step)))
        else:
            reason = f"the score is {found}"
            rows.append(
                Measurement(training.case, metric, None, "1", block, step=float(step), status="diverged", reason=reason)
            )
    return rows


def trained_parameters(training: Training) -> int:
    """Count the parameters that training changes: layer and readout; from a state of 0 no recurrent weight counts."""
    flat = training.case.word("layout") == FLAT
    return sum(
        values.size for name, values in training.model.parameters.items() if not (flat and name.startswith("weight_hh"))
    )
