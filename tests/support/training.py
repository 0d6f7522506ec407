"""Small models and batches for the tests of training."""

from __future__ import annotations

import numpy as np

from cells import Layer
from cells.training import Adam, Model, Trainer

STEPS, ROWS, INPUTS, HIDDEN, OUTPUTS = 5, 3, 2, 4, 3
LENGTHS = np.array([5, 2, 4])


def model_of(cell, merge=None, *, reads="last", loss="cross-entropy", hidden=HIDDEN, dtype="float64", seed=0):
    rng = np.random.default_rng(seed)
    layer = Layer(cell, INPUTS, hidden, dtype=dtype, bidirectional=merge, rng=rng)
    return Model(layer, OUTPUTS, reads=reads, loss=loss, rng=rng)


def batch_for(model, steps=STEPS, rows=ROWS, seed=1):
    """x, targets and weights that fit a model."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((steps, rows, INPUTS)).astype(model.layer.dtype)
    shape = (steps, rows) if model.reads == "every" else (rows,)
    labels, values = rng.integers(0, OUTPUTS, shape), rng.standard_normal((*shape, OUTPUTS)).astype(model.layer.dtype)
    return x, labels if model.loss_name == "cross-entropy" else values, rng.random(shape)


ADAM = Adam(0.01)


def trainer_of(cell="gru", merge=None, *, optimiser=ADAM, clip=1.0, **settings):
    return Trainer(model_of(cell, merge, **settings), optimiser, clip)


def curve(trainer, count, **batches):
    """The losses and norms of so many steps, each on a batch of its own."""
    steps = []
    for number in range(trainer.steps, trainer.steps + count):
        x, targets, _ = batch_for(trainer.model, seed=number, **batches)
        steps.append(trainer.step(x, targets))
    return np.array(steps)
