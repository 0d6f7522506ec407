"""Every bad input is refused by an error that names what was given and what is allowed."""

from __future__ import annotations

import inspect
import re

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from cells import (
    Layer,
    cell_names,
    count_bytes,
    count_flops,
    count_parameters,
    gradient_profile,
    jacobian_norms,
    keywords,
    perturbation,
)
from cells.reference import reference
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


def places(layer, x):
    """Every place that takes an array, by the name that its errors use."""
    trace = layer.forward(x)
    state = np.zeros((2, 5))
    weights = dict(layer.parameters)
    return {
        "x": lambda a: (layer(a), layer.forward(a), gradient_profile(layer, a, state)),
        'initial["h"]': lambda a: layer(x, {"h": a, "c": state}),
        "d_output": trace.backward,
        'd_final["c"]': lambda a: trace.backward(trace.output, {"h": state, "c": a}),
        "weight_hh_l0": lambda a: layer.load_parameters(weights | {"weight_hh_l0": a}),
        "d_last": lambda a: gradient_profile(layer, x, a),
        "direction": lambda a: perturbation(trace, a),
        "weight_ih_l0": lambda a: reference("lstm", weights | {"weight_ih_l0": a}, x),
    }


SHAPES = {
    "x": (4, 2, 3),
    'initial["h"]': (2, 5),
    "d_output": (4, 2, 5),
    'd_final["c"]': (2, 5),
    "weight_hh_l0": (20, 5),
    "d_last": (2, 5),
    "direction": (2, 10),
    "weight_ih_l0": (20, 3),
}
EVERY_PLACE = pytest.mark.parametrize("place", SHAPES)


def placed(place):
    return places(good_layer(), np.zeros((4, 2, 3)))[place]


@EVERY_PLACE
def test_a_masked_entry_is_refused_with_what_to_do_instead(place):
    given = np.ma.masked_array(np.zeros(SHAPES[place]), mask=False)
    placed(place)(given)
    given[..., 0] = np.ma.masked
    refusal(lambda: placed(place)(given), place, "masked", int(given.mask.sum()), "filled(", "cut")
    refusal(lambda: placed(place)(list(given)), place, "masked", "filled(")


class OfAGraph:
    """An array of a library that refuses to become NumPy's, as PyTorch's do that require a gradient."""

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("this tensor requires grad")


@EVERY_PLACE
@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda a: sparse.csr_matrix(a.reshape(-1, a.shape[-1])), ("sparse", "csr_matrix", "toarray()")),
        (lambda a: sparse.coo_array(a.reshape(-1, a.shape[-1])), ("sparse", "coo_array", "toarray()")),
        (lambda a: a.astype(object), ("object", "floating-point")),
        (lambda a: a.astype([("one", "f8")]), ("one", "floating-point")),
        (lambda a: a.astype(complex), ("complex128", "floating-point")),
        (lambda a: a.astype(bool), ("bool", "floating-point", "astype(")),
        (lambda a: a.astype(int), ("int64", "floating-point", "astype(")),
        (lambda a: a.astype("U3"), ("<U3", "floating-point")),
        (lambda a: a.astype("M8[s]"), ("datetime64", "floating-point")),
        (lambda a: [*a.tolist()[:-1], []], ("list", "different lengths")),
        (lambda a: OfAGraph(), ("OfAGraph", "requires grad", "detach()")),
        (lambda a: dict(enumerate(a)), ("dict", "array of numbers")),
        (lambda a: (row for row in a), ("generator", "array of numbers")),
        (lambda a: None, ("None",)),
        (lambda a: "zeros", ("floating-point",)),
    ],
    ids="csr coo object structured complex bool int text date ragged graph mapping generator none word".split(),
)
def test_what_is_no_dense_array_of_floats_is_refused_with_what_it_is(place, make, named):
    refusal(lambda: placed(place)(make(np.zeros(SHAPES[place]))), place, *named, error=REFUSED)


@EVERY_PLACE
@pytest.mark.parametrize("kind", [np.float16, np.longdouble, ">f8", "read-only", "strided", "list"])
def test_what_becomes_an_array_of_the_dtype_as_it_stands_is_taken(place, kind):
    a = np.zeros(SHAPES[place])
    if kind == "read-only":
        a.flags.writeable = False
    elif kind == "strided":
        a = np.zeros((*a.shape[:-1], 2 * a.shape[-1]))[..., ::2]
    else:
        a = a.tolist() if kind == "list" else a.astype(kind)
    placed(place)(a)


@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_matrices_and_frames_are_what_they_look_like():
    layer, x = good_layer(), np.random.default_rng(0).standard_normal((4, 2, 3))
    weights = dict(layer.parameters)
    expected = layer(x)[0]
    for kind in (np.matrix, pd.DataFrame):
        layer.load_parameters(weights | {name: kind(a) for name, a in weights.items() if a.ndim == 2})
        np.testing.assert_array_equal(layer(x)[0], expected)
        refusal(lambda kind=kind: layer(kind(x[0])), "(2, 3)", "T >= 1", "B >= 1", "I = 3")


def test_masked_lags_are_refused():
    trace = good_layer().forward(np.zeros((4, 1, 3)))
    refusal(lambda: jacobian_norms(trace, np.ma.masked_array([1, 2], mask=[False, True])), "lags", "masked")


@pytest.mark.parametrize(
    ("call", "meant"),
    [
        (lambda: Layer("LSTM", **GOOD), "lstm"),
        (lambda: Layer("lsmt", **GOOD), "lstm"),
        (lambda: Layer("gru_reset_before", **GOOD), "gru-reset-before"),
        (lambda: Layer("SimpleRNN", **GOOD), "rnn"),
        (lambda: Layer("lstm", **GOOD, initialiser="ortogonal"), "orthogonal"),
        (lambda: Layer("lstm", **GOOD, initialiser="glorot"), "keras"),
        (lambda: Layer("lstm", **GOOD, bidirectional="Concat"), "concat"),
        (lambda: Layer("lstm", **GOOD, bidirectional="ave"), "mean"),
        (lambda: Layer("lstm", **GOOD, dtype="flaot32"), "float32"),
        (lambda: Layer("lstm", **GOOD, backend="gpu"), "cuda"),
        (lambda: Layer("lstm", **GOOD, sharing="blok"), "block"),
        (lambda: count_parameters("lstm", **GOOD, bias="doubel"), "double"),
        (lambda: Layer("lstm", **GOOD, bidirectonal="mean"), "bidirectional"),
        (lambda: Layer("lstm", **GOOD, initializer="keras"), "initialiser"),
    ],
)
def test_a_name_that_is_nearly_right_is_answered_with_the_right_one(call, meant):
    refusal(call, f"did you mean {meant!r}?", error=REFUSED)


def test_a_name_that_is_near_to_nothing_gets_no_hint():
    assert "did you mean" not in refusal(lambda: Layer("transformer", **GOOD), *cell_names())


def test_two_directions_ask_for_their_merge():
    refusal(lambda: good_layer(merge=True), "True", "PyTorch and Keras is 'concat'", "lecture's is 'mean'")
    refusal(lambda: good_layer(merge=False), "False", "one direction is None")


def test_an_initialiser_without_its_value_is_told_where_it_takes_it():
    refusal(lambda: Layer("lstm", **GOOD, initialiser="chrono"), "'chrono'", "cells.initialisers.chrono(value)")


@pytest.mark.parametrize("name", keywords.HERE)
def test_a_keyword_of_pytorch_or_keras_is_answered_with_how_it_is_done_here(name):
    message = refusal(lambda: Layer("lstm", 3, **{name: 2}), repr(name), "hidden_size", "rng", error=TypeError)
    assert keywords.HERE[name] in message


def test_the_signature_of_a_layer_stays_the_one_that_is_documented():
    names = list(inspect.signature(Layer).parameters)
    assert names == "cell input_size hidden_size dtype backend initialiser bidirectional sharing rng".split()
    with pytest.raises(TypeError, match="hidden_size"):
        Layer("lstm", 3)


def test_a_layer_and_a_trace_say_what_they_are():
    layer = good_layer("lstm", "mean")
    text = "Layer('lstm', input_size=3, hidden_size=5, dtype='float64', backend='cpu', bidirectional='mean')"
    assert repr(layer) == text
    assert repr(eval(text)) == text
    words = (
        repr(layer.forward(np.zeros((4, 2, 3)))),
        "'lstm'",
        "T=4",
        "B=2",
        "I=3",
        "H=5",
        "'float64'",
        "'cpu'",
        "'mean'",
    )
    assert all(word in words[0] for word in words[1:])


@pytest.mark.parametrize("size", [0, 2.5, True, None])
def test_counts_refuse_sizes_that_are_none(size):
    sizes = {"seq_len": 4, "batch_size": 2} | GOOD
    for name in sizes:
        refusal(lambda name=name: count_flops("lstm", **sizes | {name: size}), name, repr(size), error=REFUSED)
    refusal(lambda: count_bytes(size, "float32"), "parameters", repr(size), error=REFUSED)
