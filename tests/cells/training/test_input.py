"""Every bad input is refused by an error that names what was given and what is allowed, and nothing is changed."""

from __future__ import annotations

import numpy as np
import pytest

from cells import Layer
from cells.training import SGD, Adam, Model, RMSprop, Trainer
from tests.cells.test_input import refusal
from tests.support.training import LENGTHS, OUTPUTS, ROWS, STEPS, batch_for, model_of, trainer_of


@pytest.mark.parametrize("optimiser", [Adam, SGD, RMSprop])
@pytest.mark.parametrize("rate", [0, -1e-3, np.nan, np.inf])
def test_learning_rates_are_above_zero(optimiser, rate):
    refusal(lambda: optimiser(rate), optimiser.__name__, f"learning_rate is {rate!r}", "above 0")


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: Adam(0.1, beta1=1.0), "beta1 is 1.0"),
        (lambda: Adam(0.1, beta2=-0.1), "beta2 is -0.1"),
        (lambda: Adam(0.1, epsilon=0.0), "epsilon is 0.0"),
        (lambda: SGD(0.1, momentum=np.nan), "momentum is nan"),
        (lambda: RMSprop(0.1, alpha=1.5), "alpha is 1.5"),
    ],
)
def test_constants_of_optimisers_are_in_their_range(make, named):
    refusal(make, named, "allowed")


@pytest.mark.parametrize("rate", ["0.1", None, True, [0.1]])
def test_a_learning_rate_is_a_number(rate):
    refusal(lambda: Adam(rate), f"learning_rate is {rate!r}", "allowed", error=TypeError)


def test_a_learning_rate_fits_the_numbers_of_the_model():
    model = model_of("gru", dtype="float32")
    refusal(lambda: Trainer(model, SGD(1e300)), "learning_rate is 1e+300", "up to 3.4e+38 in float32")


def test_settings_of_a_model_are_checked():
    layer = Layer("gru", 2, 3)
    refusal(lambda: Model("gru", 2), "layer is str", "cells.Layer", error=TypeError)
    refusal(lambda: Model(layer, 0), "outputs is 0", "at least 1")
    refusal(lambda: Model(layer, 1), "outputs is 1", "at least 2 classes")
    refusal(lambda: Model(layer, 2, reads="first"), "'first'", "last", "every")
    refusal(lambda: Model(layer, 2, loss="mse"), "'mse'", "cross-entropy", "squared-error")
    refusal(lambda: Model(layer, 2, rng=3), "rng is int", "Generator", error=TypeError)
    layer.backend = "cuda"  # of a layer that is there, which takes a GPU
    refusal(lambda: Model(layer, 2), "'cuda'", "'cpu'", 'layer.to("cpu")'.replace('"', "'"))


def test_settings_of_a_trainer_are_checked():
    model = model_of("gru")
    refusal(lambda: Trainer(model.layer, Adam(0.1)), "model is Layer", "Model", error=TypeError)
    refusal(lambda: Trainer(model, "adam"), "'adam'", "Adam(...)", error=TypeError)
    for clip in (0, -1.0, np.nan):
        refusal(lambda clip=clip: Trainer(model, Adam(0.1), clip), f"clip is {clip!r}", "above 0")
    refusal(lambda: Trainer(model, Adam(0.1), "1"), "clip is '1'", "above 0", error=TypeError)


BAD = {
    "x of no steps": ({"x": lambda x: x[:0]}, ("x has shape", "T >= 1"), ValueError),
    "x of no rows": ({"x": lambda x: x[:, :0]}, ("x has shape", "B >= 1"), ValueError),
    "x of whole numbers": ({"x": lambda x: x.astype(int)}, ("x has dtype int64", "floating-point"), TypeError),
    "x with NaN": ({"x": lambda x: x * np.nan}, ("x holds nan", "finite"), ValueError),
    "labels of another shape": ({"targets": lambda y: y[:-1]}, ("targets has shape (2,)", "B = 3"), ValueError),
    "labels of every step": ({"targets": lambda y: np.zeros((STEPS, ROWS), int)}, ("(5, 3)", "B = 3"), ValueError),
    "labels that are floats": ({"targets": lambda y: y.astype(float)}, ("float64", "integers", "class"), TypeError),
    "a label too large": ({"targets": lambda y: y + OUTPUTS}, ("the label", "0 to 2"), ValueError),
    "a negative label": ({"targets": lambda y: y * 0 - 1}, ("the label -1", "0 to 2"), ValueError),
    "a negative weight": ({"weights": lambda w: w - 10}, ("weights hold -", "at least 0"), ValueError),
    "a weight of NaN": ({"weights": lambda w: w * np.nan}, ("weights hold nan", "at least 0"), ValueError),
    "an infinite weight": ({"weights": lambda w: w + np.inf}, ("weights hold inf", "finite"), ValueError),
    "weights of an infinite sum": ({"weights": lambda w: w * 0 + 1e308}, ("weights have an infinite sum",), ValueError),
    "no weight": ({"weights": lambda w: w * 0}, ("weights are 0", "above 0"), ValueError),
    "weights of another shape": ({"weights": lambda w: w[:-1]}, ("weights has shape", "B = 3"), ValueError),
    "weights that are words": ({"weights": lambda w: w.astype(str)}, ("weights have dtype", "numbers"), TypeError),
    "a length of 0": ({"lengths": lambda n: n * 0}, ("lengths holds 0", "1 to T = 5"), ValueError),
    "a length beyond T": ({"lengths": lambda n: n + 1}, ("lengths holds 6", "1 to T = 5"), ValueError),
    "lengths that are floats": ({"lengths": lambda n: n * 1.0}, ("lengths has dtype", "integers"), TypeError),
    "lengths of another shape": ({"lengths": lambda n: n[:-1]}, ("lengths has shape", "B = 3"), ValueError),
}


@pytest.mark.parametrize(("change", "named", "error"), BAD.values(), ids=BAD)
def test_a_bad_batch_is_refused_and_changes_nothing(change, named, error):
    trainer = trainer_of("gru")
    x, targets, weights = batch_for(trainer.model)
    batch = {"x": x, "targets": targets, "weights": weights, "lengths": LENGTHS}
    before = trainer.model.flat_parameters.copy()
    (what,) = change
    given = batch | {what: change[what](batch[what])}
    refusal(lambda: trainer.step(**given), *named, error=error)
    refusal(lambda: trainer.model.loss(**given), *named, error=error)
    np.testing.assert_array_equal(trainer.model.flat_parameters, before)
    assert trainer.steps == 0


def test_values_are_floats_of_the_shape_of_the_answers():
    trainer = trainer_of("gru", loss="squared-error", reads="every")
    x, targets, _ = batch_for(trainer.model)
    refusal(lambda: trainer.step(x, targets[0]), "targets has shape (3, 3)", "T = 5, B = 3, O = 3")
    refusal(lambda: trainer.step(x, targets.astype(int)), "targets has dtype int64", "floating-point", error=TypeError)
    refusal(lambda: trainer.step(x, targets * np.nan), "targets holds nan", "finite")
