"""Weights of Keras give Keras's output here, and come back as they were."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cells import Layer
from cells.convert import from_keras, to_keras
from tests.cells.test_input import refusal
from tests.support import golden

FILE = Path(golden.__file__).with_name("keras.npz")
KERAS = dict(np.load(FILE))  # tests/support/golden/make_keras.py: Keras itself, in float64
CASES = sorted({name.split("/")[0] for name in KERAS} - {"version"})
TOLERANCE = {"float64": 1e-12, "float32": 1e-6}
ROUNDED = ("rnn", "gru-reset-before")
"""Keras multiplies their matrices itself, and rounds the products of two float64 arrays to float32."""
MERGES = ("concat", "mean", "sum")


def weights(case):
    return [KERAS[f"{case}/weight_{n}"] for n in range(6) if f"{case}/weight_{n}" in KERAS]


def layer_as(case, dtype="float64"):
    words = case.removesuffix("-no-bias").rsplit("-", 1)
    cell, merge = words if words[-1] in MERGES else (case.removesuffix("-no-bias"), None)
    layer = Layer(cell, 3, 4, dtype=dtype, bidirectional=merge)
    layer.load_parameters(from_keras(cell, weights(case)))
    return layer


def test_the_file_has_every_kind_of_layer():
    cells = ("rnn", "lstm", "gru", "gru-reset-before")
    assert set(CASES) == {*cells, *(f"{cell}-no-bias" for cell in cells), "lstm-concat", "lstm-mean", "gru-sum"}
    assert str(KERAS["version"]).startswith("3.")


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("case", CASES)
def test_the_output_is_that_of_keras(case, dtype):
    x = KERAS[f"{case}/x"].swapaxes(0, 1).astype(dtype)
    output, _ = layer_as(case, dtype)(x)
    tolerance = TOLERANCE["float32" if case.removesuffix("-no-bias") in ROUNDED else dtype]
    np.testing.assert_allclose(output.swapaxes(0, 1), KERAS[f"{case}/output"], rtol=0, atol=tolerance)


@pytest.mark.parametrize("case", CASES)
def test_weights_come_back_as_they_were(case):
    layer = layer_as(case)
    back = to_keras(layer, use_bias=not case.endswith("-no-bias"))
    given = weights(case)
    assert [a.shape for a in back] == [a.shape for a in given]
    for mine, keras in zip(back, given, strict=True):
        np.testing.assert_array_equal(mine, keras)
        mine[...] = 0  # writable, and nobody else's
    assert all(a.any() for name, a in layer.parameters.items() if name.startswith("weight"))


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru", "gru-reset-before"])
def test_a_layer_with_two_biases_computes_the_same_with_what_keras_keeps_of_them(cell):
    layer = Layer(cell, 3, 4, dtype="float64", rng=np.random.default_rng(0))
    other = Layer(cell, 3, 4, dtype="float64")
    other.load_parameters(from_keras(cell, to_keras(layer)))
    x = np.random.default_rng(1).standard_normal((6, 2, 3))
    np.testing.assert_allclose(other(x)[0], layer(x)[0], rtol=0, atol=1e-14)


@pytest.mark.parametrize("cell", ["lstm-1997", "lstm-coupled"])
def test_a_cell_that_keras_has_not_is_refused(cell):
    refusal(lambda: from_keras(cell, weights("lstm")), cell, "rnn, lstm, gru, gru-reset-before")
    refusal(lambda: to_keras(Layer(cell, 3, 4)), cell, "rnn, lstm, gru, gru-reset-before")
    refusal(lambda: from_keras("lsmt", weights("lstm")), "'lsmt'", "did you mean 'lstm'?")


def test_arrays_that_fit_no_layer_say_what_was_expected():
    kernel, recurrent, bias = weights("lstm")
    refusal(lambda: from_keras("lstm", [kernel]), "1 arrays", "kernel, recurrent_kernel and bias")
    refusal(lambda: from_keras("lstm", [kernel] * 5), "5 arrays")
    refusal(lambda: from_keras("lstm", kernel), "ndarray", "get_weights()", error=TypeError)
    refusal(lambda: from_keras("lstm", [recurrent, kernel, bias]), "array 1", "(3, 16)", "4H = 12")
    refusal(lambda: from_keras("lstm", [kernel.T, recurrent, bias]), "array 0", "(16, 3)", "4H = 16")
    refusal(lambda: from_keras("lstm", [kernel, recurrent, bias[:8]]), "array 2", "(8,)", "4H = 16")
    refusal(lambda: from_keras("rnn", [kernel, recurrent, bias]), "array 1", "(4, 16)", "H = 4")
    refusal(lambda: from_keras("lstm", [kernel, recurrent, bias.astype(int)]), "array 2", "float", error=TypeError)
    twice = [*weights("lstm"), *weights("lstm")]
    twice[4] = twice[4][:, :8]
    refusal(lambda: from_keras("lstm", twice), "array 4", "(4, 8)")


def test_arrays_of_the_other_gru_say_which_cell_they_are_of():
    refusal(lambda: from_keras("gru", weights("gru-reset-before")), "reset_after=False", "cell 'gru-reset-before'")
    refusal(lambda: from_keras("gru-reset-before", weights("gru")), "reset_after=True", "cell 'gru'")


def test_biases_are_not_dropped_in_silence():
    refusal(lambda: to_keras(layer_as("lstm"), use_bias=False), "not zero", "use_bias=True")
    refusal(lambda: to_keras("lstm"), "str", "cells.Layer", error=TypeError)
