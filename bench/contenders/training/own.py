"""The suite itself at training: a model and its trainer, called as a user calls them."""

from __future__ import annotations

import functools
import itertools

import numpy as np

from bench.case import Case
from bench.contenders.clocks import WallClock
from bench.contenders.training.problem import CHECKED, Course, TrainingProblem
from cells import Layer, cell_names
from cells.training import Adam, Model, Step, Trainer


class OwnTraining:
    """Our CPU kernels."""

    def why_not(self, case: Case) -> str | None:
        """Return the reason why we cannot train the case, or None."""
        if case.cell not in cell_names():
            return f"no kernel of cell {case.cell!r}; allowed: {', '.join(cell_names())}"
        return None

    def prepare(self, problem: TrainingProblem) -> OwnPrepared:
        """Make a model with the problem's parameters, and a trainer."""
        return OwnPrepared(problem)


def make_trainer(problem: TrainingProblem) -> Trainer:
    """Return a trainer that starts from the problem's parameters."""
    case = problem.case
    layer = Layer(case.cell, case.input_size, case.hidden_size, dtype=case.dtype)
    model = Model(layer, problem.batches[0][1].shape[1], reads="last", loss="squared-error")
    model.load_parameters(problem.parameters)
    return Trainer(model, Adam(case.number("learning_rate")), clip=case.number("clip"))


class OwnPrepared:
    """A trainer with the case's number of threads."""

    def __init__(self, problem: TrainingProblem) -> None:
        from cells import using_threads

        self._trainer = make_trainer(problem)
        self._batches = itertools.cycle(problem.batches)
        self._threads = functools.partial(using_threads, problem.case.threads)
        self.clock = WallClock(self._step, self._threads)

    def _step(self) -> Step:
        return self._trainer.step(*next(self._batches))

    def course(self) -> Course:
        """Make the first steps."""
        with self._threads():
            steps = [self._step() for _ in range(CHECKED)]
        losses, norms = np.array(steps).T
        return Course(losses, norms, dict(self._trainer.model.parameters))
