"""The gradient profile is log10 of the norms of the backward pass, and goes on where those are zero or infinite."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cells
from cells import Layer, gradient_profile, initialisers, lyapunov_spectrum, step_jacobians
from cells.cpu import layout, run, weights
from cells.flow.profile import trace_profile
from tests.cells.cpu.test_bounds import Bands
from tests.support.layers import (
    DTYPES,
    EVERY_CELL,
    EVERY_DTYPE,
    assert_same,
    layer_of,
    orthogonal,
    rnn_with,
    sequence,
    start_for,
)
from tests.support.problem import Stream

DECADES = 1e-12  # scaling by powers of two is exact, so both passes have the same bits; only the norms are rounded
# norms of a plain pass that have lost nothing: far above the smallest normal number, so that no component is denormal
LOWEST = {"float32": 1e-28, "float64": 1e-290}
# (T, B, H): a single step and unit, odd sizes, several groups of rows, the last one short
SHAPES = [(1, 1, 1), (1, 3, 5), (23, 1, 33), (9, 3, 1), (40, 3, 5), (12, 17, 33), (7, 17, 5)]
EVERY_SHAPE = pytest.mark.parametrize("shape", SHAPES)


def setting(cell, T, B, H, dtype="float64", inputs=3):
    """A layer, an input, a start and dL/dh_T."""
    layer, x = layer_of(cell, inputs=inputs, hidden=H, dtype=dtype), sequence(T, B, inputs, dtype)
    return layer, x, start_for(layer.forward(x)), Stream("d_last").uniform(1.0, B, H).astype(dtype)


def plain_profile(layer, x, d_last, initial=None):
    """log10 norms of the backward pass, and whether each lost nothing."""
    trace = layer.forward(x, initial)
    d_output = np.zeros_like(trace.output)
    d_output[-1] = d_last
    states = trace.backward(d_output).states
    norms = {name: np.linalg.norm(np.asarray(a, np.float64), axis=-1) for name, a in states.items()}
    return {name: (np.log10(np.maximum(n, 1e-320)), n > LOWEST[layer.dtype]) for name, n in norms.items()}


def assert_agrees(profile, plain):
    assert set(profile) == set(plain)
    for name, (expected, whole) in plain.items():
        assert profile[name].shape == expected.shape
        assert profile[name].dtype == np.float64
        assert whole[-1].all()
        np.testing.assert_allclose(profile[name][whole], expected[whole], rtol=0, atol=DECADES, err_msg=name)


@EVERY_CELL
@EVERY_DTYPE
@EVERY_SHAPE
@pytest.mark.parametrize("scale", [0.0, 1.0], ids=["zero input", "input"])
def test_profile_is_log10_of_the_norms_of_the_backward_pass(cell, dtype, shape, scale):
    layer, x, start, d_last = setting(cell, *shape, dtype)
    x = x * x.dtype.type(scale)
    for initial in (None, start):
        profile = gradient_profile(layer, x, d_last, initial)
        assert_agrees(profile, plain_profile(layer, x, d_last, initial))
        last = np.log10(np.linalg.norm(d_last.astype(np.float64), axis=1))
        np.testing.assert_allclose(profile["h"][-1], last, rtol=0, atol=DECADES)


@EVERY_CELL
@EVERY_DTYPE
@pytest.mark.parametrize("shape", [(30, 17, 96), (40, 1, 256)], ids=["rows", "one row"])
def test_profile_is_the_same_bits_with_any_number_of_threads(cell, dtype, shape):
    """Training shares the units of the single row; the profile, which no barrier may slow, leaves it to one thread.

    So many inputs are work for two threads in a cell without recurrent products, too.
    """
    layer, x, start, d_last = setting(cell, *shape, dtype, inputs=128)
    found = []
    for threads in (1, 2):
        with cells.using_threads(threads):
            assert len(layer.directions[0].plan(x).shares) == threads  # else this tests nothing
            found.append(gradient_profile(layer, x, d_last, start))
            assert_agrees(found[-1], plain_profile(layer, x, d_last, start))
    for name, values in found[0].items():
        np.testing.assert_array_equal(found[1][name], values)


@EVERY_CELL
@EVERY_DTYPE
@EVERY_SHAPE
def test_nothing_outside_an_array_is_touched_or_matters(cell, dtype, shape, monkeypatch):
    layer, x, start, d_last = setting(cell, *shape, dtype)
    expected, bands = gradient_profile(layer, x, d_last, start), Bands()
    for module in (run, layout, weights):
        monkeypatch.setattr(module, "aligned", bands.array)
    found = gradient_profile(layer_of(cell, hidden=shape[2], dtype=dtype), x, d_last, start)  # packs its weights anew
    bands.assert_intact()
    assert_same(expected, found)


@pytest.mark.parametrize(("dtype", "decades"), [("float64", 1e-8), ("float32", 1e-3)])  # of 602; Q is rounded once
def test_half_an_orthogonal_matrix_takes_602_decades_in_2000_steps(dtype, decades):
    layer, x = rnn_with(0.5 * orthogonal(32), dtype), np.zeros((2000, 1, 1))
    d_last = Stream("d").uniform(1.0, 1, 32)
    profile = gradient_profile(layer, x, d_last)["h"][:, 0]
    assert profile[0] - profile[-1] == pytest.approx(-602.05999, abs=1e-5 + decades)
    expected = profile[-1] + np.log10(0.5) * np.arange(2000, -1, -1)
    np.testing.assert_allclose(profile, expected, rtol=0, atol=decades)


def test_a_plain_float32_pass_is_zero_where_the_profile_is_not():
    """2^-149 is the smallest float32 there is."""
    layer, x = rnn_with(0.5 * orthogonal(32), "float32"), np.zeros((200, 1, 1))
    d_output = np.zeros((200, 1, 32))
    d_output[-1] = Stream("d").uniform(1.0, 1, 32)
    plain = layer.forward(x).backward(d_output).states["h"]
    assert plain[200 - 145].any()
    assert not plain[: 200 - 149].any()
    assert np.isfinite(gradient_profile(layer, x, d_output[-1])["h"]).all()


def test_an_orthogonal_matrix_keeps_the_gradient_for_2000_steps():
    profile = gradient_profile(rnn_with(orthogonal(32)), np.zeros((2000, 3, 1)), Stream("d").uniform(1.0, 3, 32))["h"]
    np.testing.assert_allclose(profile - profile[-1], 0, rtol=0, atol=1e-12)  # 2000 roundings that do not add up


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru", "gru-reset-before"])  # those with the step below
@EVERY_DTYPE
def test_an_exploding_gradient_is_a_number_beyond_every_float(cell, dtype):
    """At zero state, input and bias, dL/ds goes through W, or through 1/2 + W/4 in cells with gates.

    Not to the LSTM's start: h_0 is given, and no part of dL/dc_0 comes through it.
    """
    H, T = 16, 800
    layer = Layer(cell, 1, H, dtype=dtype, initialiser=initialisers.gaussian(32.0), rng=np.random.default_rng(2))
    weight = layer.parameters["weight_hh_l0"].astype(np.float64)
    candidate = weight[2 * H : 3 * H]  # PyTorch's order: i f g o and r z n
    step = weight if cell == "rnn" else np.eye(H) / 2 + candidate / 4
    d_last = Stream("d").uniform(1.0, 1, H).astype(dtype)
    v = d_last[0].astype(np.float64) * (0.5 if cell == "lstm" else 1.0)
    expected = np.empty(T + 1)
    grown = 0.0
    for t in range(T, -1, -1):
        size = np.linalg.norm(v)
        grown, v = grown + np.log10(size), v / size
        expected[t], v = grown, v @ step
    found = gradient_profile(layer, np.zeros((T, 1, 1)), d_last)["c" if cell == "lstm" else "h"][1:, 0]
    assert found[0] > 400
    assert (np.diff(found[:700]) < 0).all()
    # float32: a rounding of 6e-8 a step and component, which may all go one way
    np.testing.assert_allclose(found, expected[1:], rtol=0, atol={"float64": 1e-10, "float32": 1e-4}[dtype])


@pytest.mark.parametrize("factor", [1e-170, 1e-300, 1e170, 1e300])
def test_a_step_may_take_or_give_more_than_a_square_can_hold(factor):
    profile = gradient_profile(rnn_with(np.diag([factor, factor])), np.zeros((6, 1, 1)), np.full((1, 2), 0.5**0.5))
    np.testing.assert_allclose(profile["h"][:, 0], np.log10(factor) * np.arange(6, -1, -1), rtol=0, atol=DECADES * 1e3)


@EVERY_CELL
@EVERY_DTYPE
def test_no_loss_and_closed_paths_give_minus_infinity_and_no_warning(cell, dtype):
    layer, x, start, d_last = setting(cell, 9, 3, 5, dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for values in gradient_profile(layer, x, np.zeros_like(d_last), start).values():
            assert (values == -np.inf).all()
        closed = gradient_profile(rnn_with(np.zeros((5, 5)), dtype), x[..., :1], d_last)["h"]
    assert (closed[:-1] == -np.inf).all()
    assert np.isfinite(closed[-1]).all()


@EVERY_CELL
@EVERY_DTYPE
@pytest.mark.parametrize("decades", [-30, 30])
def test_the_profile_moves_with_the_size_of_the_loss(cell, dtype, decades):
    layer, x, start, d_last = setting(cell, 30, 3, 5, dtype)
    before = gradient_profile(layer, x, d_last, start)
    after = gradient_profile(layer, x, d_last * d_last.dtype.type(10.0**decades), start)
    atol = {"float64": DECADES, "float32": 1e-5}[dtype]  # dL/dh_T is rounded anew, and sums of it cancel
    for name, values in before.items():
        np.testing.assert_allclose(after[name], values + decades, rtol=0, atol=atol)


@EVERY_CELL
@settings(max_examples=10, deadline=None, derandomize=True, database=None)
@given(sizes=st.tuples(*(st.integers(1, top) for top in (9, 20, 20))), data=st.data())
def test_permuting_the_batch_permutes_the_profile(cell, sizes, data):
    T, B, H = sizes
    layer, x, start, d_last = setting(cell, T, B, H)
    order = np.array(data.draw(st.permutations(range(B))))
    whole = gradient_profile(layer, x, d_last, start)
    permuted = gradient_profile(layer, x[:, order], d_last[order], {n: a[order] for n, a in start.items()})
    for name, values in whole.items():
        np.testing.assert_allclose(permuted[name], values[:, order], rtol=0, atol=DECADES)


@EVERY_CELL
@pytest.mark.parametrize("merge", ["concat", "mean", "sum"])
def test_a_layer_of_two_directions_is_refused_by_name(cell, merge):
    with pytest.raises(ValueError, match=f"gradient_profile.*bidirectional='{merge}'.*allowed: bidirectional=None"):
        gradient_profile(layer_of(cell, merge), sequence(4, 2), np.zeros((2, 5)))


@EVERY_CELL
def test_a_bad_gradient_of_the_last_state_is_refused_by_name(cell):
    layer, x = layer_of(cell), sequence(4, 2)
    for shape in ((5,), (2, 4), (1, 5), (4, 2, 5), (0, 5)):
        with pytest.raises(ValueError, match=r"d_last has shape .*allowed: \(B = 2, H = 5\)"):
            gradient_profile(layer, x, np.zeros(shape))
    for value in (np.nan, np.inf):
        with pytest.raises(ValueError, match=r"d_last holds .*allowed: finite"):
            gradient_profile(layer, x, np.full((2, 5), value))
    with pytest.raises(TypeError, match="d_last has dtype int"):
        gradient_profile(layer, x, np.zeros((2, 5), int))


@EVERY_CELL
@EVERY_DTYPE
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_state_that_is_not_finite_is_named_with_its_first_step(cell, dtype, value):
    layer, x, start, d_last = setting(cell, 7, 17, 33, dtype)
    for index, name in enumerate(layer.spec.states):
        trace = layer.forward(x, start)
        run = trace.runs[0]
        for step in (4, 6):
            states = np.stack([run.state(s)[step] for s in range(len(layer.spec.states))])
            states[index, 16, 32] = value
            run.groups.set_step(run.units.states, step, states)
        with pytest.raises(FloatingPointError, match=f"gradient_profile: state {name} is .* at step 4;.*{dtype}"):
            trace_profile(trace, d_last)


@pytest.mark.parametrize("dtype", DTYPES)
def test_numbers_that_leave_the_range_beside_the_states_are_named_too(dtype):
    """The GRU's product before the reset gate, of which tanh is finite; and the product of a gradient in one step."""
    huge = np.full((15, 5), np.finfo(dtype).max)
    huge[:10] = 0
    layer = Layer("gru", 1, 5, dtype=dtype)
    layer.load_parameters({n: np.zeros_like(a) for n, a in layer.parameters.items()} | {"weight_hh_l0": huge})
    with pytest.raises(FloatingPointError, match=f"slot hidden_n is NaN or infinite at step 1;.*{dtype}"):
        gradient_profile(layer, np.zeros((6, 1, 1)), np.ones((1, 5)), {"h": np.ones((1, 5))})
    with pytest.raises(FloatingPointError, match=f"gradient is NaN or infinite at step 5;.*{dtype}"):
        gradient_profile(rnn_with(huge[10:], dtype), np.zeros((6, 1, 1)), np.ones((1, 5)))


def test_the_joint_gradient_is_what_the_jacobians_of_the_joint_state_pass_on():
    layer, x = layer_of("lstm", hidden=5), sequence(9, 1)
    trace, d_last = layer.forward(x), Stream("joint").uniform(1.0, 1, 5)
    joint = trace_profile(trace, d_last)["joint"][:, 0]
    v = np.concatenate((d_last[0], np.zeros(5)))
    for t, jacobian in reversed(list(enumerate(step_jacobians(trace)[:, 0], start=1))):
        assert joint[t] == pytest.approx(np.log10(np.linalg.norm(v)), abs=1e-12)
        v = v @ jacobian
    assert joint[0] == pytest.approx(np.log10(np.linalg.norm(v)), abs=1e-12)


@pytest.mark.parametrize("size", [1e-300, 1e300])
@EVERY_DTYPE
def test_no_loss_is_too_small_or_too_large_for_the_dtype(dtype, size):
    layer, x, d_last = layer_of("gru", dtype=dtype), sequence(4, 2, dtype=dtype), Stream("d").uniform(1.0, 2, 5)
    plain, scaled = (gradient_profile(layer, x, d)["h"] for d in (d_last, d_last * size))
    np.testing.assert_allclose(scaled - plain, np.log10(size), rtol=0, atol=1e-5)


def test_what_is_no_layer_or_no_trace_is_refused_by_name():
    layer, x = layer_of("rnn"), sequence(4, 1)
    with pytest.raises(TypeError, match=r"layer is str; allowed: a cells\.Layer"):
        gradient_profile("lstm", x, np.ones((1, 5)))
    with pytest.raises(TypeError, match=r"layer is NoneType; allowed: a cells\.Layer"):
        lyapunov_spectrum(None, x)
    with pytest.raises(TypeError, match="trace is Layer; allowed: a Trace"):
        step_jacobians(layer)
