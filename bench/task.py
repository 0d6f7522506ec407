"""What a task is: sequences to read, what to answer, and what is known of a guess that does not look at them.

A task draws batches, as many as are asked for; a data set has those it has, and splits them. Time comes first in every
array, as in `cells`; a sequence that is shorter than the batch is padded with zeros, and `lengths` says where it ends.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

TEST_SIZE = 512
"""Sequences of a test set, where a task does not say otherwise."""
SOLVED_ACCURACY = 0.99
SOLVED_MSE = 0.01


class Batch(NamedTuple):
    """Sequences with their answers.

    Parameters
    ----------
    x
        (T, B, I), float32.
    targets
        Classes, int64 of shape (B,) or (T, B); or numbers, float32 of shape (B, O) or (T, B, O).
    lengths
        (B,), int64: steps of each sequence; None where all have T.
    weights
        float32 of the shape of `targets` without O: what counts in the loss, and how much; None where all is 1.
    judged
        Of that shape, bool: the answers that the score counts; None where those count that count in the loss.

    """

    x: Array
    targets: Array
    lengths: Array | None = None
    weights: Array | None = None
    judged: Array | None = None

    @property
    def size(self) -> int:
        """Number of sequences, B."""
        return int(self.x.shape[1])

    def rows(self, index: Array | slice, *, every: bool) -> Batch:
        """Return some of the sequences; `every` says whether there is an answer at every step, so that B is axis 1."""
        chosen = (slice(None), index) if every else (index,)
        return Batch(
            self.x[:, index],
            self.targets[chosen],
            None if self.lengths is None else self.lengths[index],
            None if self.weights is None else self.weights[chosen],
            None if self.judged is None else self.judged[chosen],
        )


class Split(NamedTuple):
    """A data set in three parts; the test part is never looked at while something is chosen."""

    train: Batch
    validation: Batch
    test: Batch


def nothing_lacking() -> str | None:
    """Say that every machine has the task: it is drawn."""
    return None


Make = Callable[[np.random.Generator, int, int], Batch]


@dataclass(frozen=True, kw_only=True)
class Task:
    """What a network is trained for.

    Parameters
    ----------
    name
        The file's name, with - for _.
    meaning
        A sentence that says what is read and what is to be answered.
    source
        The work that it is from, and what is done otherwise here.
    reads
        When the network answers: at the end of each sequence, or at every step.
    loss
        Cross-entropy where answers are classes, squared error where they are numbers.
    inputs, outputs
        Channels of a step; classes, or numbers of an answer.
    make
        (rng, steps, size) to a batch, all sizes being allowed ones; `draw` checks them.
    baseline
        steps to the loss of the best guess that does not look at the input, in closed form; in nats for classes. It may
        know at which step it is.
    chance
        steps to the score of such a guess where the score is an accuracy; else None.
    plateau
        Accuracy at which training is known to stay for long, apart from chance; None where there is none.
    batch
        Sequences of a batch, by default.
    only_batch
        Whether a batch has no other size.
    least_steps
        The shortest sequences that have the task.
    only_steps
        The steps that sequences have, where a data set decides it.
    test_set
        (rng, steps) to the test set, where that is not `TEST_SIZE` fresh sequences.
    data_set
        (train_size, seed) to the three parts, where sequences are data and not drawn; None else. What `draw` draws is
        then of the largest training set of seed 0.
    most
        Sequences of the largest training set of a data set; None else.
    lacking
        What this machine lacks to have the data, and how to get it; None where it lacks nothing.
    with_offset
        offset to the task with so many steps from an output to the input that it tells; None where it has none.
    whole
        Whether a sequence counts as one answer, right where all of its judged steps are.
    solved_mse
        Below which mean squared error the task counts as solved, where answers are numbers.

    """

    name: str
    meaning: str
    source: str
    reads: Literal["last", "every"] = "last"
    loss: Literal["cross-entropy", "squared-error"] = "cross-entropy"
    inputs: int
    outputs: int
    make: Make
    baseline: Callable[[int], float]
    chance: Callable[[int], float] | None = None
    plateau: float | None = None
    batch: int = 32
    only_batch: bool = False
    least_steps: int = 1
    only_steps: int | None = None
    test_set: Callable[[np.random.Generator, int], Batch] | None = None
    data_set: Callable[[int, int], Split] | None = None
    most: int | None = None
    lacking: Callable[[], str | None] = nothing_lacking
    with_offset: Callable[[int], Task] | None = None
    whole: bool = False
    solved_mse: float = SOLVED_MSE

    def draw(self, rng: np.random.Generator, steps: int, size: int | None = None) -> Batch:
        """Return a batch of `size` sequences of `steps` steps; ValueError where the task has no such sizes."""
        size = self.batch if size is None else size
        self.check_steps(steps)
        if self.only_batch and size != self.batch:
            raise ValueError(f"task {self.name}: a batch of {size}; allowed: {self.batch}, which is all there are")
        if size < 1:
            raise ValueError(f"task {self.name}: a batch of {size}; allowed: 1 or more")
        return self.make(rng, steps, size)

    def test(self, rng: np.random.Generator, steps: int) -> Batch:
        """Return the test set: fixed by the generator's seed, and never trained on; ValueError as for `draw`."""
        self.check_steps(steps)
        return self.test_set(rng, steps) if self.test_set else self.make(rng, steps, TEST_SIZE)

    def check_steps(self, steps: int) -> None:
        """Raise ValueError for sequences of a length that the task does not have."""
        if self.only_steps is not None and steps != self.only_steps:
            raise ValueError(f"task {self.name}: sequences of {steps} steps; allowed: {self.only_steps}, as the data")
        if steps < self.least_steps:
            raise ValueError(f"task {self.name}: sequences of {steps} steps; allowed: {self.least_steps} or more")

    @property
    def score(self) -> Literal["accuracy", "mse"]:
        """What its test gives: the share of right answers, or the mean squared error."""
        return "accuracy" if self.loss == "cross-entropy" else "mse"

    def solved(self, score: float) -> bool:
        """Say whether a score on the test set counts as solved; a score that is no number does not."""
        return score >= SOLVED_ACCURACY if self.score == "accuracy" else score < self.solved_mse

    @property
    def solved_means(self) -> str:
        """Say in words what counts as solved."""
        if self.score == "mse":
            return f"mean squared error below {self.solved_mse:g}"
        return f"{SOLVED_ACCURACY:.0%} of {'sequences' if self.whole else 'answers'} right"


def score(task: Task, predictions: Array, batch: Batch) -> float:
    """Return the score of predictions on a batch: the share of right answers, or the mean squared error.

    Parameters
    ----------
    task
        Whose answers they are.
    predictions
        (B, O), or (T, B, O) where the task reads every step: what the readout says, one number a class.
    batch
        The sequences with their answers.

    Raises
    ------
    ValueError
        Where the shapes do not fit; the message names the given and the allowed one.

    """
    classes = task.loss == "cross-entropy"
    allowed = (*batch.targets.shape, task.outputs) if classes else batch.targets.shape
    if predictions.shape != allowed:
        raise ValueError(f"task {task.name}: predictions of shape {predictions.shape}; allowed: {allowed}")
    counted = _counted(task, batch)
    if not classes:
        error = predictions.astype(np.float64) - batch.targets
        return float(np.square(error)[counted].mean())
    right = predictions.argmax(axis=-1) == batch.targets
    if task.whole:
        # A sequence without a judged step would be right whatever is said; no task has one.
        return float((right | ~counted).all(axis=0).mean())
    return float(right[counted].mean())


def _counted(task: Task, batch: Batch) -> NDArray[np.bool_]:
    """Return which answers count: bool, (B,) or (T, B)."""
    shape = batch.x.shape[:2] if task.reads == "every" else batch.x.shape[1:2]
    counted = np.ones(shape, bool)
    if batch.judged is not None:
        counted &= batch.judged
    elif batch.weights is not None:
        counted &= batch.weights > 0
    if batch.lengths is not None and task.reads == "every":
        counted &= np.arange(shape[0])[:, None] < batch.lengths
    return counted
