"""Jacobians are the derivatives of a step, and their products those of the backward pass and of two forward passes."""

from __future__ import annotations

import functools
import warnings

import numpy as np
import pytest

from cells import Layer, gradient_profile, initialisers, jacobian_norms, perturbation, step_jacobians
from cells.flow.jacobian import kept_share
from tests.support.layers import (
    EVERY_CELL,
    EVERY_DTYPE,
    EVERY_FADING_CELL,
    EVERY_FORMULA,
    layer_of,
    orthogonal,
    rnn_with,
    sequence,
    start_for,
)
from tests.support.problem import Stream

DIFFERENCE = 2.0**-17  # cube root of 2**-52: where truncation (step**2) and rounding (eps/step) meet, near 1e-10
ATOL_DIFFERENCES = 1e-8  # of Jacobians whose entries are about .3
ATOL = 1e-12  # float64, another order of summation
DECADES = 1e-10  # log10 of a product of Jacobians: a rounding of each step
SLACK = 1e-10  # of the Pascanu bound, which an orthogonal matrix reaches
EVERY_FUNCTION = pytest.mark.parametrize(
    "function",
    [step_jacobians, functools.partial(jacobian_norms, lags=[0]), functools.partial(perturbation, direction=[])],
)


def trace_of(cell, T=6, B=1, H=5, dtype="float64", merge=None):
    layer, x = layer_of(cell, merge, hidden=H, dtype=dtype), sequence(T, B, dtype=dtype)
    return layer.forward(x, start_for(layer.forward(x)))


def joint(states):
    """(..., S H) from {"h": (..., H), ...}, in the order of `trace.states`."""
    return np.concatenate([np.asarray(a, np.float64) for a in states.values()], axis=-1)


def apart(layer, flat):
    """The other way round, in the layer's dtype."""
    parts = np.split(flat, len(layer.spec.states), axis=-1)
    return dict(zip(layer.spec.states, (part.astype(layer.dtype) for part in parts), strict=True))


def from_lag(jacobians, lag):
    """ds_T/ds_{T-lag} of the first row, multiplied out."""
    return functools.reduce(lambda product, j: product @ j, jacobians[::-1, 0][:lag], np.eye(jacobians.shape[2]))


@EVERY_FORMULA
@pytest.mark.parametrize(("T", "B", "H"), [(1, 1, 1), (4, 3, 5), (2, 17, 33)])
def test_jacobians_of_steps_are_central_differences_of_one_step(cell, T, B, H):
    trace, layer, x = trace_of(cell, T, B, H), layer_of(cell, hidden=H), sequence(T, B)
    states, size = joint(trace.states), len(layer.spec.states) * H
    jacobians = step_jacobians(trace)
    assert jacobians.shape == (T, B, size, size)
    assert jacobians.dtype == np.float64
    moves = DIFFERENCE * np.concatenate([np.eye(size), -np.eye(size)])
    for t in range(T):
        for b in {0, B - 1}:
            starts = apart(layer, states[t, b] + moves)
            ends = joint(layer.forward(np.repeat(x[t : t + 1, b : b + 1], 2 * size, axis=1), starts).final)
            expected = (ends[:size] - ends[size:]).T / (2 * DIFFERENCE)
            np.testing.assert_allclose(jacobians[t, b], expected, rtol=0, atol=ATOL_DIFFERENCES)


@pytest.mark.torch
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_jacobians_of_steps_are_those_of_torch(cell):
    torch = pytest.importorskip("torch")
    from tests.support.torch_reference import MODULES

    H, trace, layer, x = 5, trace_of(cell, B=3), layer_of(cell), torch.tensor(sequence(6, 3))
    module = MODULES[cell](3, H, dtype=torch.float64)
    module.load_state_dict({name: torch.tensor(a) for name, a in layer.parameters.items()})
    states, jacobians = torch.tensor(joint(trace.states)), step_jacobians(trace)

    def step(s, x):
        parts = tuple(part[None] for part in s.split(H))
        _, after = module(x[None], parts if cell == "lstm" else parts[0])
        return torch.cat(after if cell == "lstm" else (after,), dim=-1)[0]

    for t, b in np.ndindex(6, 3):
        expected = torch.autograd.functional.jacobian(functools.partial(step, x=x[t, b]), states[t, b])
        np.testing.assert_allclose(jacobians[t, b], expected.numpy(), rtol=0, atol=ATOL)


@EVERY_CELL
@pytest.mark.parametrize(("T", "B", "H"), [(1, 1, 1), (11, 3, 5), (7, 17, 33)])
def test_the_product_of_all_jacobians_is_the_backward_pass(cell, T, B, H):
    trace = trace_of(cell, T, B, H)
    d_final = start_for(trace, "d_final")
    expected = joint(trace.backward(np.zeros_like(trace.output), d_final=d_final).initial)
    v = joint(d_final)
    for jacobian in step_jacobians(trace)[::-1]:
        v = np.einsum("bi,bij->bj", v, jacobian)
    np.testing.assert_allclose(v, expected, rtol=0, atol=ATOL)


@EVERY_CELL
def test_a_trace_in_float32_has_the_jacobians_of_its_own_numbers(cell):
    found, expected = step_jacobians(trace_of(cell, dtype="float32")), step_jacobians(trace_of(cell))
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)  # float32 states and gates: 6e-8 each, six steps


@EVERY_CELL
@pytest.mark.parametrize("H", [1, 5])
def test_joint_norms_are_those_of_the_product(cell, H):
    trace, lags = trace_of(cell, 6, H=H), [3, 0, 6, 1, 3, 5]
    jacobians, norms = step_jacobians(trace), jacobian_norms(trace, lags)
    assert set(norms) == {f"joint_{n}" for n in ("rms", "spectral")} | (
        {f"cell_{n}" for n in ("rms", "spectral", "path")} if "c" in trace.states else set()
    )
    for place, lag in enumerate(lags):
        product = from_lag(jacobians, lag)
        rms, spectral = np.linalg.norm(product) / len(product) ** 0.5, np.linalg.norm(product, 2)
        assert norms["joint_rms"][place] == pytest.approx(np.log10(rms), abs=DECADES)
        assert norms["joint_spectral"][place] == pytest.approx(np.log10(spectral), abs=DECADES)
    assert {a[1] for a in norms.values()} == {0.0}
    assert all(a.shape == (6,) for a in norms.values())
    assert all(a.size == 0 for a in jacobian_norms(trace, []).values())


@pytest.mark.parametrize("H", [1, 5])
def test_norms_of_the_cell_are_those_of_its_total_derivative(H):
    """dc_T/dc_t for each unit of c_T: a batch of the same row, each with another unit vector as dL/dc_T."""
    T, layer = 7, layer_of("lstm", hidden=H)
    x, start = sequence(T, 1), start_for(layer.forward(sequence(T, 1)))
    rows = layer.forward(np.repeat(x, H, axis=1), {name: np.repeat(a, H, axis=0) for name, a in start.items()})
    d_final = {"h": np.zeros((H, H)), "c": np.eye(H)}
    totals = rows.backward(np.zeros((T, H, H)), d_final=d_final).states["c"][::-1]
    norms = jacobian_norms(layer.forward(x, start), range(T + 1))
    rms, spectral = (np.linalg.norm(totals, order, axis=(1, 2)) for order in ("fro", 2))
    np.testing.assert_allclose(norms["cell_rms"], np.log10(rms / H**0.5), rtol=0, atol=DECADES)
    np.testing.assert_allclose(norms["cell_spectral"], np.log10(spectral), rtol=0, atol=DECADES)
    path = np.cumprod(np.concatenate([np.ones((1, H)), rows.gates["f"][::-1, 0]]), axis=0)
    np.testing.assert_allclose(norms["cell_path"], np.log10(np.mean(path**2, axis=1)) / 2, rtol=0, atol=DECADES)


def test_the_cell_state_keeps_the_share_of_its_forget_gate_and_all_of_it_without_one():
    lstm, of_1997, coupled = (trace_of(cell, 5, 2) for cell in ("lstm", "lstm-1997", "lstm-coupled"))
    for trace in (lstm, coupled):
        np.testing.assert_array_equal(kept_share(trace), trace.gates["f"])
    np.testing.assert_array_equal(kept_share(of_1997), np.ones((5, 2, 5)))
    np.testing.assert_array_equal(jacobian_norms(trace_of("lstm-1997"), range(7))["cell_path"], np.zeros(7))
    with pytest.raises(ValueError, match="cell 'gru' has no cell state; allowed: a cell with one, as lstm"):
        kept_share(trace_of("gru"))


@EVERY_FADING_CELL
@EVERY_DTYPE
def test_norms_go_on_where_the_product_is_zero(cell, dtype):
    T, layer = 2000, layer_of(cell, hidden=16, dtype=dtype)
    x, d_last = sequence(T, 1, dtype=dtype), np.ones((1, 16))
    norms, profile = jacobian_norms(layer.forward(x), np.arange(T + 1)), gradient_profile(layer, x, d_last)["h"][::-1]
    for name, values in norms.items():
        assert np.isfinite(values).all(), name
        assert values[-1] < -330, name
    # No gradient loses less than the worst direction of all.
    grown = profile[:, 0] - profile[0, 0]
    atol = {"float64": DECADES, "float32": 1e-3}[dtype]  # the profile's 2000 steps in float32
    assert (grown <= norms["joint_spectral"] + atol).all()


@pytest.mark.parametrize("initialiser", ["torch", "orthogonal", initialisers.gaussian(2.0)], ids=lambda i: str(i)[:10])
def test_no_jacobian_of_the_rnn_is_above_the_bound_of_pascanu(initialiser):
    T = 100
    layer = Layer("rnn", 3, 16, dtype="float64", initialiser=initialiser, rng=np.random.default_rng(3))
    norms = jacobian_norms(layer.forward(sequence(T, 1)), np.arange(T + 1))["joint_spectral"]
    bound = np.arange(T + 1) * np.log10(np.linalg.norm(layer.parameters["weight_hh_l0"], 2))
    assert (norms <= bound + SLACK).all()
    assert norms[-1] < bound[-1] - 3  # and it is loose


def test_an_orthogonal_matrix_at_zero_state_reaches_the_bound():
    trace = rnn_with(orthogonal(16)).forward(np.zeros((300, 1, 1)))
    for values in jacobian_norms(trace, np.arange(301)).values():
        np.testing.assert_allclose(values, 0, rtol=0, atol=SLACK)


@EVERY_CELL
@pytest.mark.parametrize(("T", "B", "H"), [(1, 1, 1), (9, 3, 5)])
@pytest.mark.parametrize("scale", [1e-300, 1.0, 1e300])
def test_a_perturbation_is_the_product_applied_forward(cell, T, B, H, scale):
    trace = trace_of(cell, T, B, H)
    v = joint(start_for(trace, "direction"))
    found = perturbation(trace, v * scale) - np.log10(scale)
    assert found.shape == (T + 1, B)
    for t, jacobian in enumerate([None, *step_jacobians(trace)]):
        v = v if jacobian is None else np.einsum("bij,bj->bi", jacobian, v)
        np.testing.assert_allclose(found[t], np.log10(np.linalg.norm(v, axis=1)), rtol=0, atol=DECADES)


@EVERY_CELL
def test_a_perturbation_is_the_distance_of_two_runs(cell):
    layer, x = layer_of(cell), sequence(12, 3)
    start = start_for(layer.forward(x))
    direction, middle = joint(start_for(layer.forward(x), "direction")), joint(start)
    near, far = (layer.forward(x, apart(layer, middle + step * direction)) for step in (DIFFERENCE, -DIFFERENCE))
    distance = np.linalg.norm(joint(near.states) - joint(far.states), axis=-1) / (2 * DIFFERENCE)
    found = perturbation(layer.forward(x, start), direction)
    np.testing.assert_allclose(10.0**found, distance, rtol=0, atol=ATOL_DIFFERENCES)


@pytest.mark.parametrize("gain", [0.5, 2.0])
def test_a_perturbation_goes_beyond_every_float(gain):
    trace = rnn_with(gain * orthogonal(16)).forward(np.zeros((2000, 2, 1)))
    found = perturbation(trace, Stream("direction").uniform(1.0, 2, 16))
    expected = found[0] + np.log10(gain) * np.arange(2001)[:, None]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)  # of 602 decades


def test_no_perturbation_and_a_closed_path_are_minus_infinity_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trace = rnn_with(np.zeros((5, 5))).forward(np.zeros((4, 1, 1)))
        assert (perturbation(trace, np.zeros((1, 5))) == -np.inf).all()
        assert (perturbation(trace, np.ones((1, 5)))[1:] == -np.inf).all()
        for values in jacobian_norms(trace, [0, 1, 4]).values():
            assert values.tolist() == [0.0, -np.inf, -np.inf]


@EVERY_CELL
def test_bad_lags_rows_and_directions_are_refused_by_name(cell):
    trace = trace_of(cell, 6)
    for lags in ([-1], [0, 7]):
        with pytest.raises(ValueError, match=r"lags are .*allowed: 0 \.\. 6"):
            jacobian_norms(trace, lags)
    for lags in ([1.5], [1.0], [True], ["1"], 1, [[0, 1]], None):
        with pytest.raises(TypeError, match=r"lags are .*allowed: a sequence of integers, 0 \.\. 6"):
            jacobian_norms(trace, lags)
    with pytest.raises(ValueError, match="the trace has 2 rows; allowed: 1"):
        jacobian_norms(trace_of(cell, B=2), [0])
    size = 5 * len(trace.states)
    for direction in (np.ones(size), np.ones((1, size + 1)), np.ones((2, size)), np.full((1, size), np.nan)):
        with pytest.raises(ValueError, match=r"direction .*allowed"):
            perturbation(trace, direction)
    with pytest.raises(TypeError, match="direction has dtype int"):
        perturbation(trace, np.ones((1, size), int))


@EVERY_FUNCTION
def test_two_directions_and_numbers_that_are_not_finite_are_refused_by_name(function):
    name = getattr(function, "func", function).__name__
    with pytest.raises(ValueError, match=f"{name}: .*bidirectional='concat'"):
        function(trace_of("gru", merge="concat"))
    trace = trace_of("gru")
    trace.runs[0].groups.set_step(trace.runs[0].units.states, 2, np.full((1, 1, 5), np.inf))
    with pytest.raises(FloatingPointError, match=f"{name}: state h .* at step 2;.*float64"):
        function(trace)
