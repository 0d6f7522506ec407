"""A course of training: steps until a test is passed, the budget is spent or the loss diverges, and its history."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from cells.training.trainer import Diverged, Trainer
from cells.validation import check_size


class BatchLike(Protocol):
    """What `draw` returns: the arguments of `Trainer.step`."""

    @property
    def x(self) -> Any:
        """Return the input (T, B, I)."""

    @property
    def targets(self) -> Any:
        """Return the targets."""

    @property
    def lengths(self) -> Any:
        """Return the steps of each row, or None."""

    @property
    def weights(self) -> Any:
        """Return the weights, or None."""


@dataclass(frozen=True)
class History:
    """What happened in a course of training.

    Attributes
    ----------
    losses, gradient_norms : (steps,) float64 arrays
        The loss before each update, and the norm of its gradient before clipping; [0] is of step 1.
    tests : list of (step, score)
        The score after so many steps; the first is of step 0, before any.
    steps_to_solve : int or None
        The steps before the first of the `passes` tests in a row that were passed; None where it did not come to that.
    diverged_at : int or None
        The number of the step whose loss or gradient was NaN or infinite.
    seconds : float
        Wall time of drawing and of the steps, without tests and watchers.

    """

    losses: NDArray[np.float64]
    gradient_norms: NDArray[np.float64]
    tests: list[tuple[int, float]]
    steps_to_solve: int | None
    diverged_at: int | None
    seconds: float


def train(
    trainer: Trainer,
    draw: Callable[[int], BatchLike],
    test: Callable[[], float],
    *,
    budget: int,
    every: int = 100,
    passes: int = 2,
    solved: Callable[[float], bool],
    watch: Sequence[Callable[[int], None]] = (),
) -> History:
    """Train until `passes` tests in a row are passed, or for `budget` steps, or until the training diverges.

    Parameters
    ----------
    trainer : Trainer
        Trained in place; where it has made steps before, numbers here count from these.
    draw : callable
        draw(step) returns the batch of a step, numbered from 1: `x`, `targets`, `lengths`, `weights`.
    test : callable
        Returns the score of the model as it is. Called before the first step, every `every` steps, and at the end.
    budget, every, passes : int
        Each at least 1.
    solved : callable
        Says of a score whether the test is passed.
    watch : sequence of callables
        Each is called with the number of steps made, after each test.

    Returns
    -------
    History

    Raises
    ------
    TypeError, ValueError
        For sizes that are no integers of at least 1, and whatever `Trainer.step` raises but `Diverged`.

    """
    budget, every, passes = (
        check_size(name, value) for name, value in (("budget", budget), ("every", every), ("passes", passes))
    )
    losses, norms, tests = np.empty(budget), np.empty(budget), []
    in_a_row, seconds, made = 0, 0.0, 0
    diverged_at = steps_to_solve = None
    while True:
        if made % every == 0 or made == budget:
            score = test()
            tests.append((made, score))
            in_a_row = in_a_row + 1 if solved(score) else 0
            for look in watch:
                look(made)
            if in_a_row == passes:
                steps_to_solve = tests[-passes][0]
        if made == budget or steps_to_solve is not None:
            break
        start = time.perf_counter()
        try:
            batch = draw(made + 1)
            losses[made], norms[made] = trainer.step(batch.x, batch.targets, batch.lengths, batch.weights)
        except Diverged:
            diverged_at = made + 1
            break
        finally:
            seconds += time.perf_counter() - start
        made += 1
    return History(losses[:made].copy(), norms[:made].copy(), tests, steps_to_solve, diverged_at, seconds)
