"""From a case to its training: task, network, optimiser and data. Everything comes from the case's seed.

Parameters, training data and test data have a stream of numbers each: a longer training does not change the test set,
and two cells of the same seed see the same sequences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.case import Case
from bench.task import Batch, Task, score
from bench.tasks.registry import find_task
from cells import Layer
from cells.initialisers import find_initialiser, with_keep_bias, with_write_bias
from cells.registry import find_cell
from cells.training import SGD, Adam, History, Model, RMSprop, Trainer, train

PARAMETERS, TRAINING_DATA, TEST_DATA = 0, 1, 2
"""Tell the streams of numbers of a seed apart."""
OPTIMISERS: dict[str, Callable[[float], Any]] = {"adam": Adam, "sgd": SGD, "rmsprop": RMSprop}
EVERY = 100
"""Training steps from one test to the next."""
PASSES = 2
"""Tests in a row that have to be passed before a task counts as solved."""
FLAT = "flat"


@dataclass
class Training:
    """A network in training, what it is trained on and how it is tested; steps change the network in place.

    `taken` counts the training steps so far.
    """

    case: Case
    task: Task
    trainer: Trainer
    batches: Iterator[Batch]
    test_set: Batch
    taken: int = 0

    @property
    def model(self) -> Model:
        """The network: layer and readout."""
        return self.trainer.model

    def draw(self, step: int) -> Batch:
        """Return the sequences of the next training step, whatever its number."""
        self.taken += 1
        return next(self.batches)

    def test(self) -> float:
        """Return the score on the test set: accuracy, or mean squared error."""
        return score(self.task, self.model.predict(self.test_set.x, self.test_set.lengths), self.test_set)

    def run(self, test: Callable[[], float] | None = None) -> History:
        """Train until the task is solved or the budget is spent; `test` is called in the place of `self.test`."""
        return train(
            self.trainer,
            self.draw,
            test or self.test,
            budget=int(self.case.number("budget")),
            every=EVERY,
            passes=PASSES,
            solved=self.task.solved,
        )


def prepare(case: Case) -> Training:
    """Return a case's training before its first step.

    Raises
    ------
    ValueError
        Where the case has no task, settings that do not go together, or a number that is not allowed; the message names
        given and allowed.
    ImportError
        Where the task's data come from a package that is not installed; the message says how to get it.

    """
    reason = why_not(case)
    if reason is not None:
        raise ValueError(reason)
    task = task_of(case)
    rng = _stream(case, PARAMETERS)
    model = Model(_layer(case, task, rng), task.outputs, reads=task.reads, loss=task.loss, rng=rng)
    optimiser = OPTIMISERS[case.word("optimiser")](case.number("learning_rate"))
    trainer = Trainer(model, optimiser, clip=case.number("clip") or None)
    batches, test_set = _data(case, task)
    return Training(case, task, trainer, (fed(batch, case) for batch in batches), fed(test_set, case))


def task_of(case: Case) -> Task:
    """Return the task of a case; ValueError where it has none."""
    return find_task(case.word("task"), case.number("offset"))


def why_not(case: Case) -> str | None:
    """Say which settings of a training do not go together; None where they do. Nothing is drawn."""
    if case.word("task") == "-":
        return f"{case.study} has no task; allowed: a name of bench.tasks"
    try:
        task = task_of(case)
        task.check_steps(case.seq_len)
    except ValueError as error:
        return str(error)
    if case.input_size != task.inputs:
        return f"input_size is {case.input_size}; allowed: {task.inputs}, the channels of task {task.name}"
    if case.word("optimiser") not in OPTIMISERS:
        return f"optimiser is {case.word('optimiser')!r}; allowed: {', '.join(OPTIMISERS)}"
    if not case.number("learning_rate") > 0:
        return f"learning_rate is {case.number('learning_rate'):g}; allowed: more than 0"
    if case.number("budget") < 1:
        return f"budget is {case.number('budget'):g}; allowed: 1 training step or more"
    train_size, size = case.number("train_size"), case.batch_size
    if 0 < train_size < size:
        return f"batch_size is {size}; allowed: up to {train_size:g}, the sequences of the training set"
    if task.only_batch and (size != task.batch or train_size):
        return f"batch_size is {size}, train_size {train_size:g}; allowed for task {task.name}: {task.batch} and 0"
    if case.word("layout") == FLAT:
        return _why_not_flat(case, task)
    return None


def _why_not_flat(case: Case, task: Task) -> str | None:
    """Say why a case cannot be fed all at once: the step must be that of a feedforward network, and the only answer."""
    if not find_cell(case.cell).simple or case.merge != "none":
        simple = "rnn, merge none: from a state of 0 its one step is a feedforward network"
        return f"layout flat with cell {case.cell}, merge {case.merge}; allowed: {simple}"
    if task.reads != "last":
        return f"layout flat with task {task.name}, which asks for an answer at every step; allowed: one at the end"
    return None


def layer_input(case: Case, task: Task) -> int:
    """Return how many numbers the layer reads at a step: those of the whole sequence where it is fed all at once."""
    return task.inputs * case.seq_len if case.word("layout") == FLAT else task.inputs


def fed(batch: Batch, case: Case) -> Batch:
    """Return a batch as the network reads it: (T, B, I), or (1, B, T I) where the sequence is fed all at once."""
    if case.word("layout") != FLAT:
        return batch
    if batch.lengths is not None:
        raise ValueError(f"layout flat with task {case.word('task')}, whose sequences differ in length; allowed: steps")
    steps, size, channels = batch.x.shape
    return batch._replace(x=np.ascontiguousarray(batch.x.transpose(1, 0, 2)).reshape(1, size, steps * channels))


def _layer(case: Case, task: Task, rng: np.random.Generator) -> Layer:
    initialiser = find_initialiser(case.initialiser, case.initialiser_value)
    for condition, moved in (("gate_bias", with_keep_bias), ("write_bias", with_write_bias)):
        if case.number(condition):
            initialiser = moved(initialiser, case.number(condition))
    return Layer(
        case.cell,
        layer_input(case, task),
        case.hidden_size,
        dtype=case.dtype,
        initialiser=initialiser,
        bidirectional=None if case.merge == "none" else case.merge,
        rng=rng,
    )


def _stream(case: Case, of: int) -> np.random.Generator:
    return np.random.default_rng([case.seed, of])


def _data(case: Case, task: Task) -> tuple[Iterator[Batch], Batch]:
    """Return the training batches without an end, and the test set."""
    rng, size = _stream(case, TRAINING_DATA), case.batch_size
    train_size = int(case.number("train_size"))
    if train_size == 0:
        test_set = task.test(_stream(case, TEST_DATA), case.seq_len)
        return (task.draw(rng, case.seq_len, size) for _ in iter(int, 1)), test_set
    if task.data_set is not None:
        split = task.data_set(train_size, case.seed)
        return _epochs(split.train, size, rng, task), split.test
    test_set = task.test(_stream(case, TEST_DATA), case.seq_len)
    return _epochs(task.draw(rng, case.seq_len, train_size), size, rng, task), test_set


def _epochs(pool: Batch, size: int, rng: np.random.Generator, task: Task) -> Iterator[Batch]:
    """Yield batches of a training set in an order that is shuffled anew each time it has been gone through."""
    every = task.reads == "every"
    while True:
        order = rng.permutation(pool.size)
        for start in range(0, pool.size - size + 1, size):
            yield pool.rows(order[start : start + size], every=every)
