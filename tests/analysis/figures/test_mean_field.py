"""The mean field of the tanh RNN: its table, its limits, and networks simulated apart from the suite."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad

from analysis.theory import closed_forms as theory
from analysis.theory.published import CLARK

MEAN_FIELD = [  # gain, s², q, χ, λ1, slope10
    (1 / math.sqrt(3), 0, 0, 0.333333, -0.549306, -0.238561),
    (0.8, 0, 0, 0.64, -0.223144, -0.096910),
    (1.5, 0, 0.793354, 1.139323, 0.065217, 0.028323),
    (2, 0, 2.121474, 1.362673, 0.154724, 0.067196),
    (5, 0, 20.699367, 2.900421, 0.532428, 0.231231),
    (0.8, 1, 0.281311, 0.269559, -0.655484, -0.284673),
    (1, 1, 0.463851, 0.398879, -0.459549, -0.199579),
    (2, 1, 2.448069, 1.096310, 0.045975, 0.019967),
]
PRINTED = 5.1e-7  # half a unit of the sixth decimal


def simulate(gain: float, variance: float, size: int, nets: int, steps: int) -> tuple[float, float]:
    """λ1 of tanh RNNs from one tangent vector each: mean over nets and its standard error, nats per step."""
    rng = np.random.default_rng(5)
    weights = rng.normal(0, gain / math.sqrt(size), (nets, size, size))
    h, v = rng.normal(size=(2, nets, size, 1))
    growth = np.zeros((steps, nets))
    for t in range(steps):
        h = np.tanh(weights @ h + math.sqrt(variance) * rng.normal(size=h.shape))
        v = (1 - h**2) * (weights @ v)
        norm = np.linalg.norm(v, axis=1, keepdims=True)
        v /= norm
        growth[t] = np.log(norm[:, 0, 0])
    each = growth[steps // 5 :].mean(axis=0)
    return float(each.mean()), float(each.std(ddof=1) / math.sqrt(nets))


# mean field


@pytest.mark.parametrize(("gain", "variance", "q", "chi", "exponent", "slope10"), MEAN_FIELD)
def test_the_mean_field_is_that_of_the_table(
    gain: float, variance: float, q: float, chi: float, exponent: float, slope10: float
) -> None:
    found = theory.mean_field(gain, variance)
    assert found.q == pytest.approx(q, abs=PRINTED)
    assert found.chi == pytest.approx(chi, abs=PRINTED)
    assert found.exponent == pytest.approx(exponent, abs=PRINTED)
    assert found.exponent / math.log(10) == pytest.approx(slope10, abs=PRINTED)


@pytest.mark.parametrize(("gain", "variance"), [(2.0, 0.0), (0.8, 1.0), (5.0, 0.3)])
def test_the_mean_field_solves_its_equations_by_another_quadrature(gain: float, variance: float) -> None:
    found = theory.mean_field(gain, variance)

    def mean(f) -> float:
        def weighted(z):
            return math.exp(-z * z / 2) * f(math.sqrt(found.q + variance) * z) * math.sqrt(2 / math.pi)

        return quad(weighted, 0, 12, epsabs=1e-12, limit=200)[0]

    sech4, sech8 = (mean(lambda a, power=power: math.cosh(a) ** -power) for power in (4, 8))
    assert gain**2 * mean(lambda a: math.tanh(a) ** 2) == pytest.approx(found.q, rel=1e-10)
    assert gain**2 * sech4 == pytest.approx(found.chi, rel=1e-10)
    assert sech8 / sech4**2 == pytest.approx(found.kappa, rel=1e-10)
    log_sech2 = mean(lambda a: -2 * math.log(math.cosh(a)))
    assert math.log(gain) - 0.5 + log_sech2 == pytest.approx(found.mean_exponent, rel=1e-10)


@pytest.mark.parametrize("gain", [1e-3, 0.5, 1.0, math.nextafter(1, 2), 1 + 1e-13])
def test_without_input_the_zero_state_is_the_linear_network_up_to_gain_one(gain: float) -> None:
    found = theory.mean_field(gain, 0)
    assert found.q == 0
    assert found.kappa == pytest.approx(1)
    assert found.exponent == pytest.approx(math.log(gain))
    assert found.mean_exponent == pytest.approx(math.log(gain) - 0.5)


@pytest.mark.parametrize("excess", [1e-11, 1e-6, 1e-3])
def test_just_above_gain_one_activity_grows_in_proportion(excess: float) -> None:
    found = theory.mean_field(1 + excess, 0)
    assert found.q == pytest.approx(excess, rel=5e-3)  # q ≈ (g² - 1)/2
    assert found.chi == pytest.approx(1, abs=2 * excess)


@pytest.mark.parametrize("gain", [1e3, 1e4, 1e5])
def test_a_large_gain_has_its_asymptote(gain: float) -> None:
    found = theory.mean_field(gain, 0)  # χ → g²·φ(0)/√q·∫sech⁴ with q → g²: 4g/(3√(2π))
    assert found.q == pytest.approx(gain**2, rel=2 / gain)
    assert found.chi / gain == pytest.approx(4 / 3 / math.sqrt(2 * math.pi), rel=2 / gain)


@pytest.mark.parametrize("gain", [0.3, 1.0, 3.0])
def test_a_vanishing_input_gives_the_mean_field_without_input(gain: float) -> None:
    assert theory.mean_field(gain, 1e-18).chi == pytest.approx(theory.mean_field(gain, 0).chi, abs=1e-7)


@pytest.mark.parametrize(("gain", "variance", "size"), [(0.8, 1.0, 32), (1.0, 1.0, 32), (2.0, 1.0, 64)])
def test_the_exponent_of_a_finite_network_is_found_by_simulation(gain: float, variance: float, size: int) -> None:
    mean, error = simulate(gain, variance, size, nets=150, steps=400)
    finite = theory.finite_size_exponent(gain, variance, size)
    assert abs(mean - finite) < 4 * error
    assert abs(mean - theory.mean_field(gain, variance).exponent) > 4 * error  # the correction is seen


def test_the_exponent_of_a_finite_linear_network_is_the_gaussian_product_s_to_first_order() -> None:
    assert theory.finite_size_exponent(0.8, 0, 256) == pytest.approx(
        theory.gaussian_product_exponents(256, 0.8)[0], abs=1e-5
    )
    assert theory.finite_size_exponent(2, 1, 10**9) == pytest.approx(theory.mean_field(2, 1).exponent, abs=1e-8)


@pytest.mark.parametrize(("gain", "measured"), [(2.0, -1.150547), (3.0, -2.273896)])
def test_the_mean_exponent_is_that_of_clark_s_networks(gain: float, measured: float) -> None:
    found = theory.mean_field(gain, 0)
    assert found.mean_exponent == pytest.approx(measured, abs=3e-3)  # mean of 4096 exponents of one network
    assert found.exponent == pytest.approx(CLARK[gain][0], abs=6e-3)
