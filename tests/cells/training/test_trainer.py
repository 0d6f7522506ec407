"""A step updates in place what everybody sees, the same way every time, and changes nothing where it fails."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

from cells import Layer, gradient_profile, using_threads
from cells.training import SGD, Adam, Diverged, Model, RMSprop, Trainer
from tests.support.layers import EVERY_CELL, EVERY_DTYPE
from tests.support.training import INPUTS, LENGTHS, OUTPUTS, batch_for, curve, model_of, trainer_of

OPTIMISERS = {
    "adam": Adam(0.01),
    "adam-other": Adam(0.02, beta1=0.5, beta2=0.9, epsilon=1e-3),
    "sgd": SGD(0.1),
    "momentum": SGD(0.1, momentum=0.9),
    "rmsprop": RMSprop(0.01, alpha=0.9),
}
EVERY_OPTIMISER = pytest.mark.parametrize("optimiser", OPTIMISERS.values(), ids=OPTIMISERS)


class Oracle:
    """The optimisers in NumPy, from the formulas of PyTorch's documentation."""

    def __init__(self, optimiser, parameters):
        self.given, self.p, self.t = optimiser, {n: np.array(v) for n, v in parameters.items()}, 0
        self.m, self.v = ({n: np.zeros_like(v) for n, v in self.p.items()} for _ in range(2))

    def step(self, gradients, clip):
        self.t += 1
        norm = np.sqrt(sum((g**2).sum() for g in gradients.values()))
        factor = 1.0 if clip is None else min(clip / (norm + 1e-6), 1.0)
        rate = self.given.learning_rate
        for name, gradient in gradients.items():
            g, p, m, v = gradient * factor, self.p[name], self.m[name], self.v[name]
            match self.given:
                case Adam(beta1=beta1, beta2=beta2, epsilon=epsilon):
                    m[:] = beta1 * m + (1 - beta1) * g
                    v[:] = beta2 * v + (1 - beta2) * g**2
                    p -= rate * (m / (1 - beta1**self.t)) / (np.sqrt(v / (1 - beta2**self.t)) + epsilon)
                case SGD(momentum=momentum):
                    m[:] = momentum * m + g
                    p -= rate * m
                case RMSprop(alpha=alpha, epsilon=epsilon):
                    v[:] = alpha * v + (1 - alpha) * g**2
                    p -= rate * g / (np.sqrt(v) + epsilon)
        return norm


@EVERY_OPTIMISER
@pytest.mark.parametrize("clip", [None, 0.1])
def test_optimisers_do_what_their_formulas_say(optimiser, clip):
    trainer = trainer_of("gru", optimiser=optimiser, clip=clip)
    oracle = Oracle(optimiser, trainer.model.parameters)
    for number in range(4):
        x, targets, weights = batch_for(trainer.model, seed=number)
        loss, gradients = trainer.model.gradients(x, targets, None, weights)
        step = trainer.step(x, targets, weights=weights)
        assert step.loss == loss
        assert step.gradient_norm == pytest.approx(oracle.step(gradients, clip), rel=1e-13)
        assert (step.gradient_norm > 0.1) or clip is None  # the clipped ones are
        for name, value in trainer.model.parameters.items():
            np.testing.assert_allclose(value, oracle.p[name], atol=1e-14, err_msg=name)
    assert trainer.steps == 4


@EVERY_CELL
@EVERY_DTYPE
def test_every_cell_learns_a_batch(cell, dtype):
    trainer = trainer_of(cell, "concat", hidden=9, dtype=dtype, reads="every")
    x, targets, _ = batch_for(trainer.model)
    losses = [trainer.step(x, targets, LENGTHS).loss for _ in range(150)]
    assert losses[-1] < 0.3 * losses[0]


def test_the_layer_shows_and_uses_what_was_learned():
    trainer = trainer_of("lstm", reads="every")
    layer = trainer.model.layer
    x, targets, _ = batch_for(trainer.model)
    shown, readout = layer.parameters["weight_hh_l0"], trainer.model.parameters["readout_weight"]
    before = {name: np.array(value) for name, value in trainer.model.parameters.items()}
    layer(x)
    layer.forward(x).backward(np.ones((*targets.shape, layer.hidden_size)))
    trainer.step(x, targets)
    for name, value in trainer.model.parameters.items():
        assert (value != before[name]).any(), name
        assert not value.flags.writeable
    assert np.shares_memory(shown, trainer.model.parameters["weight_hh_l0"])
    assert (shown != before["weight_hh_l0"]).any()
    assert (readout != before["readout_weight"]).any()
    fresh = Layer("lstm", INPUTS, layer.hidden_size, dtype="float64")
    fresh.load_parameters(layer.parameters)
    ones = np.ones((x.shape[1], layer.hidden_size))
    np.testing.assert_array_equal(layer(x)[0], fresh(x)[0])
    trace, expected = layer.forward(x), fresh.forward(x)
    np.testing.assert_array_equal(trace.output, expected.output)
    d_output = np.ones(trace.output.shape)
    for name, value in expected.backward(d_output).parameters.items():
        np.testing.assert_array_equal(trace.backward(d_output).parameters[name], value)
    np.testing.assert_array_equal(gradient_profile(layer, x, ones)["c"], gradient_profile(fresh, x, ones)["c"])
    np.testing.assert_array_equal(trainer.model.trace(x).output, expected.output)


def test_parameters_loaded_into_the_layer_or_the_model_are_trained_on():
    one, other, third = trainer_of("gru"), trainer_of("gru", seed=1), trainer_of("gru", seed=2)
    curve(other, 2)
    x, targets, _ = batch_for(one.model)
    everything = {name: np.array(value) for name, value in one.model.parameters.items()}
    other.model.load_parameters(everything)
    third.model.load_parameters(everything)
    third.model.layer.load_parameters({name: everything[name] for name in third.model.layer.parameters})
    assert one.model.loss(x, targets) == other.model.loss(x, targets) == third.model.loss(x, targets)
    np.testing.assert_array_equal(curve(one, 3), curve(third, 3))
    np.testing.assert_array_equal(third.model.layer(x)[0], one.model.layer(x)[0])


@pytest.mark.parametrize("merge", [None, "concat"])
@pytest.mark.parametrize("rows", [1, 33])
def test_the_curve_does_not_depend_on_the_threads(merge, rows):
    curves = []
    for threads in (1, 2, 3):
        with using_threads(threads):
            trainer = trainer_of("lstm", merge, hidden=96, dtype="float32", optimiser=Adam(1e-3))
            curves.append(curve(trainer, 4, rows=rows, steps=40))
    assert len({each.tobytes() for each in curves}) == 1


WAYS = {"pickle": lambda value: pickle.loads(pickle.dumps(value)), "deepcopy": copy.deepcopy, "copy": copy.copy}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@EVERY_OPTIMISER
def test_a_copy_goes_on_as_the_trainer_would(way, optimiser):
    trainer = trainer_of("gru", "mean", dtype="float32", optimiser=optimiser)
    curve(trainer, 3)
    again = way(trainer)
    assert repr(again.model) == repr(trainer.model)
    for name, value in again.model.parameters.items():
        assert not np.shares_memory(value, trainer.model.parameters[name])
    expected = curve(trainer, 3)
    np.testing.assert_array_equal(curve(again, 3), expected)
    assert (again.steps, trainer.steps) == (6, 6)


@pytest.mark.parametrize(
    ("dtype", "scale", "what"),
    [("float64", 1e200, "loss"), ("float32", 1e38, "gradient")],  # squares of float32 are summed in float64
)
def test_what_diverges_leaves_everything_as_it_was(dtype, scale, what):
    trainer = trainer_of("rnn", loss="squared-error", dtype=dtype, clip=None)
    larger = {
        name: value * 1e3 if name == "readout_weight" else value for name, value in trainer.model.parameters.items()
    }
    trainer.model.load_parameters(larger)
    curve(trainer, 2)
    x, targets, _ = batch_for(trainer.model)
    before = {name: np.array(value) for name, value in trainer.model.parameters.items()}
    again = copy.copy(trainer)
    with pytest.raises(Diverged, match=rf"the {what} of step 3 is NaN or infinite") as caught:
        trainer.step(x, targets * scale)
    assert (caught.value.step, caught.value.what) == (3, what)
    assert (pickle.loads(pickle.dumps(caught.value)).step, trainer.steps) == (3, 2)
    for name, value in trainer.model.parameters.items():
        np.testing.assert_array_equal(value, before[name])
    np.testing.assert_array_equal(curve(again, 2), curve(trainer, 2))


def test_two_models_can_share_a_layer():
    first = model_of("gru")
    second = Model(first.layer, OUTPUTS, rng=np.random.default_rng(3))
    x, targets, _ = batch_for(first)
    Trainer(first, SGD(0.1)).step(x, targets)
    Trainer(second, SGD(0.1)).step(x, targets)
    for name, value in first.layer.parameters.items():
        np.testing.assert_array_equal(first.parameters[name], value)
    np.testing.assert_array_equal(first.parameters["weight_ih_l0"], second.layer.parameters["weight_ih_l0"])
