"""Train a network on a data set, and test it at the step at which its validation loss was least."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from bench.case import Case
from bench.measures.training import trained_parameters
from bench.rows import Measurement
from bench.task import Batch, score
from bench.training import Training, prepare
from cells import using_threads
from cells.training import History, train

LEARNING_RATES = (1e-3, 3e-3, 1e-2)
"""Of Adam; which of them counts is chosen by the validation loss, for each network and each training set."""
EVERY = 20
"""Training steps from one look at the validation part to the next."""
PATIENCE = 10
"""Looks without a lower validation loss after which a training is stopped."""


@dataclass
class Best:
    """The lowest validation loss of a training so far, the score on the test set there, and the looks since."""

    training: Training
    validation: Batch
    loss: float = math.inf
    score: float = math.nan
    looks_since: int = field(default=0)

    def look(self) -> float:
        """Return the validation loss of the network as it is, and keep the test's score where it is the lowest."""
        model, test = self.training.model, self.training.test_set
        part = self.validation
        loss = model.loss(part.x, part.targets, part.lengths, part.weights)
        self.looks_since += 1
        if loss < self.loss:
            self.loss, self.looks_since = loss, 0
            self.score = score(self.training.task, model.predict(test.x, test.lengths), test)
        return loss


def measure_data_training(case: Case, block: int) -> list[Measurement]:
    """Train at each of `LEARNING_RATES`; the score is that of the rate with the lowest validation loss.

    It is `best_accuracy` or `best_mse`. The test part chooses nothing: neither the step nor the rate. `validation_loss`
    stands for every rate, in its `step`; a training that diverged has none, and is not chosen.

    Raises ValueError for a case whose task is no data set or that has no `train_size`.
    """
    rows, fine = [], []
    with using_threads(case.threads):
        for rate in LEARNING_RATES:
            best, history = _train(case.replaced(learning_rate=rate))
            row = _loss_row(case, block, rate, best, history)
            rows.append(row)
            if row.status == "ok":
                fine.append((best.loss, rate, best.score))
    training = best.training
    task = training.task
    metric = f"best_{task.score}"
    if fine:
        _, rate, found = min(fine)
        rows.append(Measurement(case, metric, found, "1", block))
        rows.append(Measurement(case, "chosen_learning_rate", rate, "1", block))
    else:
        reason = "the training diverged at every learning rate"
        rows.append(Measurement(case, metric, None, "1", block, status="diverged", reason=reason))
    rows.append(Measurement(case, "parameters", float(trained_parameters(training)), "count", block))
    rows.append(Measurement(case, "baseline_loss", float(task.baseline(case.seq_len)), "1", block))
    return rows


def _train(case: Case) -> tuple[Best, History]:
    training = prepare(case)
    task, size = training.task, int(case.number("train_size"))
    if task.data_set is None or size == 0:
        raise ValueError(
            f"task {task.name} with train_size {size}; allowed: a data set, and the sequences to train on as train_size"
        )
    best = Best(training, task.data_set(size, case.seed).validation)
    history = train(
        training.trainer,
        training.draw,
        best.look,
        budget=int(case.number("budget")),
        every=EVERY,
        passes=1,
        solved=lambda loss: best.looks_since >= PATIENCE,
    )
    return best, history


def _loss_row(case: Case, block: int, rate: float, best: Best, history: History) -> Measurement:
    metric = "validation_loss"
    if history.diverged_at is None:
        return Measurement(case, metric, best.loss, "1", block, step=rate)
    reason = f"the loss or its gradient is not finite at training step {history.diverged_at}"
    return Measurement(case, metric, None, "1", block, step=rate, status="diverged", reason=reason)
