"""Lyapunov spectra: exact where the steps are linear, elsewhere against determinants, gradients and published data."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from analysis.theory.closed_forms import entropy_rate, kaplan_yorke
from analysis.theory.published import CLARK
from cells import Layer, gradient_profile, initialisers, lyapunov_spectrum, step_jacobians
from cells.flow import lyapunov
from tests.support.layers import (
    EVERY_CELL,
    EVERY_DTYPE,
    EVERY_FADING_CELL,
    layer_of,
    orthogonal,
    rnn_with,
    sequence,
    start_for,
)

ROUNDING = 1e-10  # nats per step
ATOL_DIGITS = 1e-5  # nats per step: twelve of sixteen digits may be lost between two factorisations
ALIGNED = 1e-9  # what is left of a start in other directions after the warm-up, spread over the steps that count


def chaotic(H, seed=1, gain=2.0, dtype="float64"):
    """A tanh network without biases, and a start away from zero."""
    rng = np.random.default_rng(seed)
    layer = Layer("rnn", 1, H, dtype=dtype, initialiser=initialisers.gaussian(gain), rng=rng)
    return layer, {"h": rng.standard_normal((1, H))}


@EVERY_CELL
@pytest.mark.parametrize(("T", "burn_in"), [(1, 0), (60, 20), (300, 150)])
@pytest.mark.parametrize("H", [1, 5])
def test_exponents_add_up_to_the_mean_growth_of_volume(cell, H, T, burn_in):
    layer, x = layer_of(cell, hidden=H), sequence(T, 1)
    start = start_for(layer.forward(x))
    spectrum = lyapunov_spectrum(layer, x, burn_in, start)
    jacobians = step_jacobians(layer.forward(x, start))[burn_in:, 0]
    assert spectrum.sum() == pytest.approx(np.linalg.slogdet(jacobians)[1].mean(), abs=ATOL_DIGITS)


@EVERY_CELL
@EVERY_DTYPE
@pytest.mark.parametrize("H", [1, 5, 33])
def test_a_spectrum_has_an_exponent_for_every_component_of_the_state_largest_first(cell, dtype, H):
    layer = layer_of(cell, hidden=H, dtype=dtype)
    spectrum = lyapunov_spectrum(layer, sequence(40, 1), 20)
    assert spectrum.shape == (H * len(layer.spec.states),)
    assert spectrum.dtype == np.float64
    assert np.isfinite(spectrum).all()
    assert (np.diff(spectrum) <= 0).all()


@pytest.mark.parametrize("gain", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("burn_in", [0, 30, 300])
def test_an_orthogonal_matrix_times_a_gain_has_ln_of_the_gain_throughout(gain, burn_in):
    spectrum = lyapunov_spectrum(rnn_with(gain * orthogonal(8)), np.zeros((400, 1, 1)), burn_in)
    np.testing.assert_allclose(spectrum, np.log(gain), rtol=0, atol=ROUNDING)


def test_a_diagonal_matrix_has_ln_of_its_entries():
    weights = np.array([0.7, -0.9, 0.05, 2.0, -0.3])
    spectrum = lyapunov_spectrum(rnn_with(np.diag(weights)), np.zeros((400, 1, 1)))
    np.testing.assert_allclose(spectrum, np.sort(np.log(np.abs(weights)))[::-1], rtol=0, atol=ALIGNED)


@pytest.mark.parametrize("factor", [1e-120, 10**-15.9, 1e120])
def test_exponents_of_products_beyond_every_float_are_numbers(factor):
    spectrum = lyapunov_spectrum(rnn_with(factor * orthogonal(5)), np.zeros((200, 1, 1)), 100)
    np.testing.assert_allclose(spectrum, np.log(factor), rtol=0, atol=ROUNDING)


@EVERY_FADING_CELL
def test_the_largest_exponent_is_the_rate_at_which_a_gradient_decays(cell):
    T, burn_in, layer = 2300, 300, layer_of(cell, hidden=12)
    x = 2 * sequence(T, 1)
    profile = gradient_profile(layer, x, np.ones((1, 12)))["h"][:, 0]
    rate = (profile[burn_in] - profile[T]) * np.log(10) / (T - burn_in)
    largest = lyapunov_spectrum(layer, x, burn_in)[0]
    assert largest < -0.1
    # The two differ by a factor that does not grow: less than e^3, over 2000 steps.
    assert rate == pytest.approx(largest, abs=3 / 2000)


@EVERY_CELL
@pytest.mark.parametrize("bursts", [1, 150], ids=["even input", "bursts"])
def test_exponents_do_not_depend_on_how_often_directions_are_made_orthogonal(cell, bursts, monkeypatch):
    """A burst saturates units, and directions drift apart in one step as far as in hundreds before."""
    layer, x = layer_of(cell, hidden=12), 0.2 * sequence(600, 1)
    x[::37] *= bursts
    found = lyapunov_spectrum(layer, x)
    for digits in (0.0, 5.0):
        monkeypatch.setattr(lyapunov, "LOST_DIGITS", digits)
        np.testing.assert_allclose(found, lyapunov_spectrum(layer, x), rtol=0, atol=ATOL_DIGITS)


def test_a_direction_that_a_step_annihilates_has_minus_infinity_or_nearly():
    u, v = np.random.default_rng(4).standard_normal((2, 6))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nothing = lyapunov_spectrum(rnn_with(np.zeros((5, 5))), np.zeros((250, 1, 1)), 100)
        single = lyapunov_spectrum(rnn_with(np.outer(u, v) / 4), np.zeros((250, 1, 1)), 100)
    assert (nothing == -np.inf).all()
    assert single[0] == pytest.approx(np.log(abs(u @ v) / 4), abs=ROUNDING)
    assert (single[1:] < -30).all()


def test_a_chaotic_network_has_a_positive_exponent_away_from_zero_only():
    layer, start = chaotic(64)
    x, weight = np.zeros((1200, 1, 1)), layer.parameters["weight_hh_l0"]
    moving, resting = lyapunov_spectrum(layer, x, 300, start), lyapunov_spectrum(layer, x, 300)
    assert 0.05 < moving[0] < 0.3  # mean field: .1547, to 1/sqrt(N)
    assert moving.sum() < 0
    # At zero every step is W. Complex pairs turn, so their exponents are means over turns, not exact.
    moduli = np.sort(np.log(np.abs(np.linalg.eigvals(weight))))[::-1]
    assert resting[0] == pytest.approx(moduli[0], abs=5e-3)
    assert resting.sum() == pytest.approx(moduli.sum(), abs=ATOL_DIGITS * 64)
    assert resting[0] > moving[0]


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_the_measured_part_is_all_that_counts(cell):
    """A start that is forgotten, and the first of two different halves."""
    layer, x = layer_of(cell, hidden=5), sequence(900, 1)
    other = x.copy()
    other[:300] = sequence(300, 1, key="other")
    start = start_for(layer.forward(x))
    expected = lyapunov_spectrum(layer, x, 600)
    for spectrum in (lyapunov_spectrum(layer, x, 600, start), lyapunov_spectrum(layer, other, 600)):
        np.testing.assert_allclose(spectrum, expected, rtol=0, atol=ROUNDING)
    late = lyapunov_spectrum(layer, x[500:], 100, layer.forward(x[:500]).final)
    np.testing.assert_allclose(late, expected, rtol=0, atol=ROUNDING)


@EVERY_CELL
def test_a_layer_in_float32_has_the_exponents_of_float64(cell):
    x = sequence(500, 1)
    found = lyapunov_spectrum(layer_of(cell, dtype="float32"), x)
    np.testing.assert_allclose(found, lyapunov_spectrum(layer_of(cell), x), rtol=0, atol=1e-4)  # states round to 6e-8


@EVERY_CELL
@pytest.mark.parametrize("burn_in", [True, False, 3.0, "3", None])
def test_a_burn_in_that_is_no_integer_is_refused(cell, burn_in):
    with pytest.raises(TypeError, match=rf"burn_in is {burn_in!r} .*allowed: an integer of at least 0"):
        lyapunov_spectrum(layer_of(cell), sequence(10, 1), burn_in)


@EVERY_CELL
@pytest.mark.parametrize("burn_in", [-1, 10, 11])
def test_a_burn_in_that_leaves_nothing_to_measure_is_refused(cell, burn_in):
    with pytest.raises(ValueError, match=rf"burn_in is {burn_in}; allowed: 0 .. T - 1 = 9"):
        lyapunov_spectrum(layer_of(cell), sequence(10, 1), burn_in)
    assert lyapunov_spectrum(layer_of(cell), sequence(10, 1), np.int64(9)).size


@EVERY_CELL
def test_rows_directions_and_numbers_that_are_not_allowed_are_refused_by_name(cell):
    layer, x = layer_of(cell), sequence(10, 1)
    with pytest.raises(ValueError, match=r"x has 2 rows .*allowed: one row"):
        lyapunov_spectrum(layer, sequence(10, 2), 5)
    with pytest.raises(ValueError, match=r"lyapunov_spectrum.*bidirectional='mean'"):
        lyapunov_spectrum(layer_of(cell, "mean"), x, 5)
    for shape in ((10, 3), (10, 1, 4), (10, 1, 3, 1), (0, 1, 3)):
        with pytest.raises(ValueError, match="allowed"):
            lyapunov_spectrum(layer, np.zeros(shape), 5)
    with pytest.raises(ValueError, match=r"x holds nan at \[0, 0, 0\]"):
        lyapunov_spectrum(layer, np.full((10, 1, 3), np.nan), 5)
    with pytest.raises(ValueError, match=r'initial\["h"\] has shape'):
        lyapunov_spectrum(layer, x, 5, dict.fromkeys(layer.spec.states, np.zeros((1, 4))))


def test_a_forward_pass_that_leaves_the_range_is_named():
    layer = Layer("gru", 1, 5)
    weights = np.concatenate([np.zeros((10, 5)), np.full((5, 5), np.finfo(np.float32).max)])
    layer.load_parameters({n: np.zeros_like(a) for n, a in layer.parameters.items()} | {"weight_hh_l0": weights})
    with pytest.raises(FloatingPointError, match="lyapunov_spectrum: slot hidden_n is NaN or infinite at step 1"):
        lyapunov_spectrum(layer, np.zeros((6, 1, 1)), 0, {"h": np.ones((1, 5))})


@pytest.mark.slow
@pytest.mark.parametrize("gain", [2.0, 3.0])
def test_the_spectrum_of_a_chaotic_network_is_that_of_published_data(gain):
    """x' = W tanh x has the spectrum of h' = tanh(W h): their Jacobians are the same product, cut elsewhere."""
    layer, start = chaotic(256, gain=gain)
    spectrum = lyapunov_spectrum(layer, np.zeros((1500, 1, 1)), 300, start)
    largest, dimension, entropy = CLARK[gain]
    assert spectrum[0] == pytest.approx(largest, abs=0.02)
    assert kaplan_yorke(spectrum) / 256 == pytest.approx(dimension, abs=0.02)
    assert entropy_rate(spectrum) / 256 == pytest.approx(entropy, rel=0.12)
