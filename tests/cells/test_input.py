"""Every bad input is refused by an error that names what was given and what is allowed."""

from __future__ import annotations

import re

import numpy as np
import pytest

from cells import Layer, cell_names, count_parameters
from tests.support.layers import EVERY_CELL
from tests.support.problem import MERGES

REFUSED = (ValueError, TypeError)
GOOD = {"input_size": 3, "hidden_size": 5}


def refusal(call, *named: object, error=ValueError) -> str:
    """The message of the error that `call` raises; it must hold every one of `named`."""
    with pytest.raises(error) as caught:
        call()
    message = str(caught.value)
    for text in named:
        assert str(text) in message, f"{text!r} is not named in: {message}"
    return message


def names_shape(message: str, shape: tuple[int, ...]) -> bool:
    """Whether a message gives every size of an allowed shape, in order, however it is written."""
    allowed = message.split("allowed", 1)[-1]
    return re.search(".*?".join(rf"\b{size}\b" for size in shape), allowed) is not None


def good_layer(cell="lstm", merge=None, dtype="float64"):
    return Layer(cell, **GOOD, dtype=dtype, bidirectional=merge, rng=np.random.default_rng(0))


@pytest.mark.parametrize("cell", ["gur", "", "LSTM", None, 3])
def test_unknown_cell_is_refused_with_the_known_ones(cell):
    refusal(lambda: Layer(cell, **GOOD), repr(cell), *cell_names(), error=REFUSED)


@pytest.mark.parametrize("dtype", ["float16", "int32", "double precision", None])
def test_unknown_dtype_is_refused_with_the_known_ones(dtype):
    refusal(lambda: Layer("lstm", **GOOD, dtype=dtype), repr(dtype), "float32", "float64", error=REFUSED)


@pytest.mark.parametrize("merge", ["max", "Concat", True, ""])
def test_unknown_merge_is_refused_with_the_known_ones(merge):
    refusal(lambda: Layer("lstm", **GOOD, bidirectional=merge), repr(merge), "mean", "concat", "sum", error=REFUSED)


@pytest.mark.parametrize("initialiser", ["xavier", "", None, 3])
def test_unknown_initialiser_is_refused_with_the_known_ones(initialiser):
    known = ("torch", "keras", "torch-fb1", "orthogonal")
    refusal(lambda: Layer("lstm", **GOOD, initialiser=initialiser), repr(initialiser), *known, error=REFUSED)


@pytest.mark.parametrize("size", [0, -1, True, False, 2.0, 2.5, float("nan"), "3", None])
@pytest.mark.parametrize("name", GOOD)
@EVERY_CELL
def test_a_size_that_is_no_positive_whole_number_is_refused_by_name(cell, name, size):
    refusal(lambda: Layer(cell, **GOOD | {name: size}), name, repr(size), error=REFUSED)
    refusal(
        lambda: count_parameters(cell, **GOOD | {name: size}, bias="single", bidirectional=False),
        name,
        repr(size),
        error=REFUSED,
    )


def test_sizes_may_be_numpy_integers():
    layer = Layer("gru", input_size=np.int64(3), hidden_size=np.int32(5))
    assert layer(np.zeros((2, 1, 3), np.float32))[0].shape == (2, 1, 5)


@pytest.mark.parametrize("rng", [0, "seed", np.random])
def test_an_rng_that_is_no_generator_is_refused(rng):
    refusal(lambda: Layer("lstm", **GOOD, rng=rng), "Generator", error=REFUSED)


def test_count_refuses_an_unknown_cell_and_an_unknown_bias():
    sizes = GOOD | {"bidirectional": False}
    refusal(lambda: count_parameters("gur", **sizes, bias="single"), "'gur'", *cell_names(), error=REFUSED)
    refusal(lambda: count_parameters("gru", **sizes, bias="both"), "'both'", "single", "double", "none", error=REFUSED)


def both_calls(layer, x):
    """Inference and forward pass check alike."""
    return (lambda: layer(x)), (lambda: layer.forward(x))


@pytest.mark.parametrize("shape", [(), (3,), (4, 3), (4, 2, 2, 3)])
@EVERY_CELL
def test_x_of_another_rank_is_refused(cell, shape):
    for call in both_calls(good_layer(cell), np.zeros(shape)):
        refusal(call, shape, "T", "B", error=REFUSED)


@pytest.mark.parametrize("width", [1, 2, 4, 5])
@EVERY_CELL
def test_x_of_another_width_is_refused_with_the_input_size(cell, width):
    for call in both_calls(good_layer(cell), np.zeros((4, 2, width))):
        refusal(call, (4, 2, width), 3)


@pytest.mark.parametrize("shape", [(0, 2, 3), (4, 0, 3)])
@EVERY_CELL
def test_an_empty_x_is_refused(cell, shape):
    for call in both_calls(good_layer(cell), np.zeros(shape)):
        refusal(call, shape)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [(0, 0, 0), (3, 1, 2), (2, 0, 1)])
@EVERY_CELL
def test_nan_and_infinity_in_x_are_refused(cell, place, value, dtype):
    x = np.zeros((4, 2, 3), dtype)
    x[place] = value
    for call in both_calls(good_layer(cell, dtype=dtype), x):
        message = refusal(call, "x")
        assert any(word in message.lower() for word in ("nan", "inf", "finite")), message


@pytest.mark.parametrize("kind", ["int64", "int32", "uint8", "bool", "complex128", "object", "U1"])
@EVERY_CELL
def test_x_that_holds_no_floats_is_a_type_error(cell, kind):
    for call in both_calls(good_layer(cell), np.ones((4, 2, 3)).astype(kind)):
        refusal(call, np.dtype(kind).name if kind != "U1" else "", "float", error=TypeError)


@EVERY_CELL
def test_a_list_of_integers_is_a_type_error(cell):
    for call in both_calls(good_layer(cell), [[[1, 2, 3]]]):
        refusal(call, error=TypeError)


@EVERY_CELL
@pytest.mark.parametrize("merge", MERGES)
def test_d_output_of_another_shape_is_refused_with_the_right_one(cell, merge):
    trace = good_layer(cell, merge).forward(np.zeros((4, 2, 3)))
    right = trace.output.shape
    for shape in [(4, 2), (4, 2, right[2] + 1), (3, 2, right[2]), (4, 1, right[2]), (1, *right), ()]:
        message = refusal(lambda shape=shape: trace.backward(np.zeros(shape)), "d_output", shape, error=REFUSED)
        assert names_shape(message, right), message


@EVERY_CELL
def test_nan_and_infinity_in_d_output_are_refused(cell):
    trace = good_layer(cell).forward(np.zeros((4, 2, 3)))
    for value in (np.nan, np.inf):
        refusal(lambda value=value: trace.backward(np.full(trace.output.shape, value)), "d_output", error=REFUSED)


@EVERY_CELL
@pytest.mark.parametrize("merge", MERGES)
def test_a_start_of_another_shape_is_refused_with_the_right_one(cell, merge):
    layer, x = good_layer(cell, merge), np.zeros((4, 2, 3))
    right = (2, 5) if merge is None else (2, 2, 5)
    states = layer.forward(x).states
    for shape in [(5,), (2, 4), (3, 5), (2, 2, 4), (2, 3, 5), (1, 2, 5)]:
        start = {name: np.zeros(right) for name in states} | {"h": np.zeros(shape)}
        trace = layer.forward(x)
        for call in (
            lambda start=start: layer.forward(x, initial=start),
            lambda start=start, trace=trace: trace.backward(trace.output, d_final=start),
        ):
            message = refusal(call, "h", shape, error=REFUSED)
            assert names_shape(message, right), message


@EVERY_CELL
def test_a_start_with_an_unknown_state_is_refused(cell):
    layer, x = good_layer(cell), np.zeros((4, 2, 3))
    states = layer.forward(x).states
    start = {name: np.zeros((2, 5)) for name in states} | {"memory": np.zeros((2, 5))}
    refusal(lambda: layer.forward(x, initial=start), "memory", *states, error=REFUSED)
    trace = layer.forward(x)
    refusal(lambda: trace.backward(trace.output, d_final=start), "memory", *states, error=REFUSED)


@EVERY_CELL
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_and_infinity_in_a_start_are_refused(cell, value):
    layer, x = good_layer(cell), np.zeros((4, 2, 3))
    for name in layer.forward(x).states:
        start = {state: np.zeros((2, 5)) for state in layer.forward(x).states} | {name: np.full((2, 5), value)}
        refusal(lambda start=start: layer.forward(x, initial=start), name, error=REFUSED)


@EVERY_CELL
@pytest.mark.parametrize("merge", MERGES)
def test_a_missing_parameter_is_named(cell, merge):
    layer = good_layer(cell, merge)
    for name in layer.parameters:
        rest = {n: a for n, a in layer.parameters.items() if n != name}
        refusal(lambda rest=rest: layer.load_parameters(rest), name, error=(ValueError, KeyError))


@EVERY_CELL
def test_an_unknown_parameter_is_named(cell):
    layer = good_layer(cell)
    for name in ("weight_ih_l1", "weight_ih_l0_reverse", "kernel"):
        more = dict(layer.parameters) | {name: np.zeros(3)}
        refusal(lambda more=more: layer.load_parameters(more), name, "weight_ih_l0", error=(ValueError, KeyError))


@EVERY_CELL
@pytest.mark.parametrize("merge", MERGES)
def test_a_parameter_of_another_shape_is_named_with_both_shapes(cell, merge):
    layer = good_layer(cell, merge)
    for name, a in layer.parameters.items():
        for wrong in (np.zeros((*a.shape, 1)), np.zeros(a.shape[0] + 1), np.zeros(a.T.shape if a.ndim == 2 else ())):
            if wrong.shape == a.shape:
                continue
            other = dict(layer.parameters) | {name: wrong}
            message = refusal(lambda other=other: layer.load_parameters(other), name, wrong.shape)
            assert names_shape(message, a.shape), message


@EVERY_CELL
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_in_a_parameter_are_named_and_nothing_is_loaded(cell, value):
    layer = good_layer(cell)
    before = {n: np.array(a) for n, a in layer.parameters.items()}
    for name, a in before.items():
        bad = np.array(a)
        bad.flat[-1] = value
        other = {n: b + 1.0 for n, b in before.items()} | {name: bad}
        refusal(lambda other=other: layer.load_parameters(other), name)
        for kept, b in before.items():
            np.testing.assert_array_equal(layer.parameters[kept], b)


@EVERY_CELL
def test_a_parameter_that_overflows_the_dtype_is_named(cell):
    """1e300 is finite, and infinite once it is cast to float32."""
    layer = good_layer(cell, dtype="float32")
    other = {n: np.array(a, dtype=np.float64) for n, a in layer.parameters.items()}
    last = [name for name in other if name.startswith("weight_")][-1]
    other[last][0, 0] = 1e300
    refusal(lambda: layer.load_parameters(other), last)


@EVERY_CELL
def test_an_x_of_the_wider_dtype_is_refused_or_gives_the_layers_dtype(cell):
    layer = good_layer(cell, dtype="float32")
    try:
        output, _ = layer(np.zeros((4, 2, 3), np.float64))
    except REFUSED as error:
        assert "float32" in str(error)  # noqa: PT017 - either is right; a refusal must say what is allowed
        return
    assert output.dtype == np.float32


@EVERY_CELL
def test_nested_lists_of_floats_are_an_input(cell):
    layer = good_layer(cell)
    output, _ = layer([[[0.5, -1.0, 2.0]], [[1.0, 0.0, 0.25]]])
    expected, _ = layer(np.array([[[0.5, -1.0, 2.0]], [[1.0, 0.0, 0.25]]]))
    np.testing.assert_array_equal(output, expected)


@EVERY_CELL
@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_refusal_is_an_error_and_no_warning_beside_it(cell, value):
    layer = good_layer(cell, dtype="float32")
    refusal(lambda: layer(np.full((4, 2, 3), value, np.float32)), "x")
    refusal(lambda: layer.load_parameters({n: np.full(a.shape, value) for n, a in layer.parameters.items()}))
    refusal(lambda: layer(np.full((4, 2, 3), 1e300)), "x", error=REFUSED)  # finite, but not in float32


@EVERY_CELL
def test_the_largest_finite_numbers_are_an_input(cell):
    """A check that adds up x would overflow."""
    output, _ = good_layer(cell)(np.full((4, 2, 3), np.finfo(np.float64).max / 8))
    assert np.all(np.isfinite(output))
