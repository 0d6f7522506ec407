"""The gradient of the whole model, readout and loss included, is that of its loss."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.layers import EVERY_CELL, EVERY_MERGE
from tests.support.training import LENGTHS, batch_for, model_of

EPSILON = 1e-6
ATOL = 3e-9  # of central differences of losses of order 1: rounding 1e-16 / EPSILON, and EPSILON^2
PLACES = 2  # of each parameter
KINDS = (
    ("last", "cross-entropy", None),
    ("last", "squared-error", LENGTHS),
    ("every", "cross-entropy", LENGTHS),
    ("every", "squared-error", None),
)


def differences(model, *batch):
    """Central differences of the loss at a few places of every parameter, and those places' gradients."""
    loss, gradients = model.gradients(*batch)
    assert loss == pytest.approx(model.loss(*batch), rel=1e-14)
    before = {name: np.array(value) for name, value in model.parameters.items()}
    for name, value in before.items():
        for place in np.linspace(1, value.size - 2, PLACES).astype(int):
            ends = []
            for sign in (1, -1):
                moved = before | {name: value.copy()}
                moved[name].flat[place] += sign * EPSILON
                model.load_parameters(moved)
                ends.append(model.loss(*batch))
            yield name, (ends[0] - ends[1]) / (2 * EPSILON), gradients[name].flat[place]


@EVERY_CELL
@EVERY_MERGE
def test_the_gradient_is_that_of_the_loss(cell, merge):
    for reads, loss, lengths in KINDS:
        model = model_of(cell, merge, reads=reads, loss=loss)
        x, targets, weights = batch_for(model)
        for name, expected, found in differences(model, x, targets, lengths, weights):
            assert abs(expected - found) < ATOL, (reads, loss, lengths, name)


@EVERY_MERGE
@pytest.mark.parametrize("reads", ["last", "every"])
def test_what_stands_past_the_end_of_a_row_is_not_read(merge, reads):
    model = model_of("lstm", merge, reads=reads)
    x, targets, weights = batch_for(model)
    loss, gradients = model.gradients(x, targets, LENGTHS, weights)
    past = np.arange(len(x))[:, None] >= LENGTHS
    x[past] = 7.0
    if reads == "every":
        targets[past], weights[past] = -1, np.nan
    again, same = model.gradients(x, targets, LENGTHS, weights)
    assert again == loss
    for name, value in gradients.items():
        np.testing.assert_array_equal(same[name], value)


@EVERY_MERGE
@pytest.mark.parametrize("reads", ["last", "every"])
def test_a_short_row_is_learned_as_if_it_stood_alone(merge, reads):
    model = model_of("gru", merge, reads=reads)
    x, targets, _ = batch_for(model)
    losses, counts = [], []
    for b, length in enumerate(LENGTHS):
        own = targets[:length, b : b + 1] if reads == "every" else targets[b : b + 1]
        losses.append(model.loss(x[:length, b : b + 1], own))
        counts.append(length if reads == "every" else 1)
        alone, together = model.predict(x[:length, b : b + 1]), model.predict(x, LENGTHS)
        np.testing.assert_allclose(
            together[:length, b] if reads == "every" else together[b], alone[..., 0, :], atol=1e-14
        )
    expected = np.average(losses, weights=counts)
    assert model.loss(x, targets, LENGTHS) == pytest.approx(expected, rel=1e-13)
    assert model.gradients(x, targets, LENGTHS)[0] == pytest.approx(expected, rel=1e-13)
