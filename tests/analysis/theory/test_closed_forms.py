"""Closed forms: the anchors at their printed precision, and each against something that does not use it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analysis.theory import closed_forms as theory
from cells.registry import cell_names

# products of Gaussian matrices


def test_exponents_of_a_gaussian_product_are_found_by_qr() -> None:
    size, gain, steps = 8, 1.3, 4000
    rng = np.random.default_rng(0)
    matrices = rng.normal(0, gain / math.sqrt(size), (steps, size, size))
    q, logs = np.eye(size), np.empty((steps, size))
    for t in range(steps):
        q, r = np.linalg.qr(matrices[t] @ q)
        logs[t] = np.log(np.abs(np.diag(r)))
    deviations = theory.gaussian_product_deviations(size)
    z_mean = (logs.mean(axis=0) - theory.gaussian_product_exponents(size, gain)) / (deviations / math.sqrt(steps))
    assert np.abs(z_mean).max() < 4.5
    np.testing.assert_allclose(logs.std(axis=0), deviations, rtol=0.08)  # ln χ₁ is skewed: ≈ 2 % standard error


@pytest.mark.parametrize("size", [1, 2, 8, 256])
def test_exponents_of_a_gaussian_product_are_sorted_and_scale_with_the_gain(size: int) -> None:
    exponents = theory.gaussian_product_exponents(size, 1.0)
    assert exponents.shape == theory.gaussian_product_deviations(size).shape == (size,)
    assert (np.diff(exponents) < 0).all()
    np.testing.assert_allclose(theory.gaussian_product_exponents(size, 0.5), exponents - math.log(2), atol=1e-13)


def test_one_gaussian_number_has_the_known_mean_and_deviation_of_its_logarithm() -> None:
    assert theory.gaussian_product_exponents(1, 1.0)[0] == pytest.approx(-(np.euler_gamma + math.log(2)) / 2)
    assert theory.gaussian_product_deviations(1)[0] == pytest.approx(math.pi / math.sqrt(8))


def test_exponents_of_a_large_gaussian_product_run_from_ln_g_with_mean_ln_g_minus_a_half() -> None:
    exponents = theory.gaussian_product_exponents(4096, 0.8)
    assert exponents[0] == pytest.approx(math.log(0.8), abs=2e-4)
    assert exponents.mean() == pytest.approx(math.log(0.8) - 0.5, abs=1e-3)  # ln N/4N


def test_the_norm_of_a_gaussian_product_is_the_gain_to_the_lag() -> None:
    rng = np.random.default_rng(1)
    product = np.broadcast_to(np.eye(16), (4000, 16, 16))
    for _ in range(3):
        product = rng.normal(0, 0.7 / math.sqrt(16), product.shape) @ product
    squares = (product**2).sum(axis=(1, 2)) / 16
    error = squares.std() / math.sqrt(squares.size)
    assert abs(squares.mean() - theory.gaussian_product_norm(0.7, 3) ** 2) < 4.5 * error
    assert theory.gaussian_product_norm(0.7, 0) == 1


# cells


@pytest.mark.parametrize(
    ("cell", "initialiser", "factor"),
    [
        ("rnn", "torch", 0.57735),
        ("lstm", "torch", 0.64434),
        ("gru", "torch", 0.64434),
        ("lstm", "torch-fb1", 0.87540),
        ("lstm-1997", "torch", 1.14434),
        ("lstm-coupled", "torch", 0.64434),
    ],
)
def test_factors_at_zero_input_are_those_derived(cell: str, initialiser: str, factor: float) -> None:
    assert theory.factor_per_step(cell, initialiser) == pytest.approx(factor, abs=1e-5)


@pytest.mark.parametrize(
    ("sizes", "single", "double"), [((1, 32), 4352, 4480), ((10, 100), 44400, 44800), ((256, 256), 525312, 526336)]
)
def test_parameters_of_an_lstm_are_those_published(sizes: tuple[int, int], single: int, double: int) -> None:
    assert theory.parameters("lstm", *sizes, biases=1) == single
    assert theory.parameters("lstm", *sizes, biases=2) == double
    assert theory.parameters("lstm", *sizes, biases=1, directions=2) == 2 * single


# gates


@pytest.mark.parametrize(("bias", "steps"), [(0, 1.000), (1, 2.213), (2, 5.461)])
def test_the_forget_half_life_is_the_printed_one(bias: float, steps: float) -> None:
    assert theory.forget_half_life(bias) == pytest.approx(steps, abs=5.1e-4)
    assert theory.sigmoid(bias) ** theory.forget_half_life(bias) == pytest.approx(0.5)


def test_a_saturated_forget_gate_keeps_forever_or_nothing() -> None:
    assert theory.forget_half_life(1000) == math.inf
    assert theory.forget_half_life(-1000) == pytest.approx(math.log(2) / 1000)
    assert theory.forget_half_life(40) == pytest.approx(math.log(2) * math.exp(40))  # where 1 - σ has no digits left


@pytest.mark.parametrize(
    ("cell", "bias", "gain"),
    [
        ("rnn", 0, 1),
        ("lstm", 0, 2),
        ("lstm", 1, 1.0758),
        ("gru", 0, 2),
        ("gru", 1, 2),
        ("lstm-1997", 0, 0),
        ("lstm-coupled", 1, 2),
    ],
)
def test_the_critical_gain_is_the_printed_one(cell: str, bias: float, gain: float) -> None:
    assert theory.critical_gain(cell, bias) == pytest.approx(gain, abs=5.1e-5)


@pytest.mark.parametrize("bias", [-1.0, 0.0, 1.0])
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_at_the_critical_gain_the_factor_per_step_is_one(cell: str, bias: float) -> None:
    keep = theory.sigmoid(bias)
    kept, written = {"rnn": (0, 1), "gru": (keep, (1 - keep) / 2), "lstm": (keep, 0.25)}[cell]
    assert kept + written * theory.critical_gain(cell, bias) == pytest.approx(1)


@pytest.mark.parametrize(("lag", "left"), [(10, 0.73259), (100, 0.14965)])
def test_chrono_leaves_the_printed_share(lag: int, left: float) -> None:
    assert theory.chrono_left(100, lag) == pytest.approx(left, abs=5.1e-6)


@pytest.mark.parametrize(("t_max", "lag"), [(100, 10), (100, 100), (1000, 30), (10, 5)])
def test_chrono_leaves_what_its_units_leave(t_max: int, lag: int) -> None:
    bias = np.log(np.random.default_rng(3).uniform(1, t_max - 1, 100_000))
    left = (1 / (1 + np.exp(-bias))) ** lag
    assert abs(left.mean() - theory.chrono_left(t_max, lag)) < 4.5 * left.std() / math.sqrt(left.size)


def test_chrono_at_its_ends_keeps_all_or_halves() -> None:
    assert theory.chrono_left(100, 0) == pytest.approx(1)
    assert theory.chrono_left(2, 5) == pytest.approx(0.5**5)


# numbers of a format


@pytest.mark.parametrize(
    ("factor", "normal", "denormal"),
    [
        ("rnn", 159, 188),
        ("lstm", 199, 235),
        (theory.sigmoid(1.0), 279, 330),
        (0.99, 8690, 10276),
    ],
)
def test_float32_underflows_at_the_printed_step(factor: float | str, normal: int, denormal: int) -> None:
    if isinstance(factor, str):
        factor = theory.factor_per_step(factor, "torch")
    assert tuple(round(steps) for steps in theory.underflow_steps(factor, "float32")) == (normal, denormal)


@pytest.mark.parametrize(
    ("dtype", "normal", "denormal"), [("float16", 14, 24), ("float32", 126, 149), ("float64", 1022, 1074)]
)
def test_halving_underflows_at_the_format_s_exponents(dtype: str, normal: int, denormal: int) -> None:
    assert theory.underflow_steps(0.5, dtype) == pytest.approx((normal, denormal))
    value = np.ones((), dtype)
    for _ in range(denormal):
        value = value * value.dtype.type(0.5)
    assert value > 0
    assert value * value.dtype.type(0.5) == 0


@pytest.mark.parametrize("factor", [1.0, 1.5])
def test_what_does_not_shrink_never_underflows(factor: float) -> None:
    assert theory.underflow_steps(factor, "float64") == (math.inf, math.inf)


# attractors


@pytest.mark.parametrize(
    ("exponents", "dimension"),
    [
        ([0.906, 0.0, -14.572], 2 + 0.906 / 14.572),  # Lorenz
        ([0.41922, -1.62319], 1 + 0.41922 / 1.62319),  # Hénon
        ([-0.1, -1.0], 0),
        ([0.0, -1.0], 1),
        ([1.0, -0.5, -0.5], 3),
        ([0.5, 0.1], 2),
        ([0.3], 1),
        ([-0.3], 0),
        ([0.5, -math.inf], 1),
        ([0.5, -0.2, -math.inf, -math.inf], 2),
        ([-math.inf, -math.inf], 0),
        ([-0.4, 0.1, 0.2], 2 + 0.3 / 0.4),
    ],
)
def test_the_kaplan_yorke_dimension_is_where_the_sum_turns_negative(exponents: list[float], dimension: float) -> None:
    assert theory.kaplan_yorke(exponents) == pytest.approx(dimension)
    assert theory.kaplan_yorke(np.array(exponents)) == pytest.approx(dimension)


def test_the_entropy_rate_is_the_sum_of_what_is_positive() -> None:
    assert theory.entropy_rate([0.5, 0.25, 0.0, -3.0, -math.inf]) == 0.75
    assert theory.entropy_rate([-1.0]) == 0


def test_an_attractor_of_a_gaussian_product_has_the_dimension_of_its_continuous_spectrum() -> None:
    # λ(x) = ln g + ½ ln(1 - x), x = i/N: ∫₀^D λ = 0. Entropy: ∫ up to 1 - g^-2.
    size, gain = 4096, 1.2
    spectrum = theory.gaussian_product_exponents(size, gain)
    d = theory.kaplan_yorke(spectrum) / size
    assert d * math.log(gain) - ((1 - d) * math.log(1 - d) + d) / 2 == pytest.approx(0, abs=5e-4)
    entropy = (gain**-2 - 1 + 2 * math.log(gain)) / 2
    assert theory.entropy_rate(spectrum) / size == pytest.approx(entropy, abs=5e-4)


@pytest.mark.parametrize(
    ("call", "given", "allowed"),
    [
        (lambda: theory.gaussian_product_exponents(8, -1.0), "gain = -1.0", "positive"),
        (lambda: theory.gaussian_product_exponents(0, 1.0), "size = 0", "1 or more"),
        (lambda: theory.gaussian_product_deviations(-3), "size = -3", "1 or more"),
        (lambda: theory.gaussian_product_norm(0.0, 3), "gain = 0.0", "positive"),
        (lambda: theory.mean_field(-0.5, 0.0), "gain = -0.5", "positive"),
        (lambda: theory.mean_field(math.nan, 0.0), "gain = nan", "positive"),
        (lambda: theory.mean_field(math.inf, 0.0), "gain = inf", "finite"),
        (lambda: theory.mean_field(1.0, -1.0), "input_variance = -1.0", "0 or more"),
        (lambda: theory.finite_size_exponent(1.0, 1.0, 0), "size = 0", "1 or more"),
        (lambda: theory.critical_gain("elman"), "cell 'elman'", ", ".join(cell_names())),
        (lambda: theory.chrono_left(1.5, 10), "t_max = 1.5", "2 or more"),
        (lambda: theory.underflow_steps(0.5, "bfloat16"), "dtype = 'bfloat16'", "float16, float32, float64"),
        (lambda: theory.underflow_steps(0.0, "float32"), "factor = 0.0", "positive"),
        (lambda: theory.kaplan_yorke([]), r"exponents = \[\]", "one or more"),
        (lambda: theory.entropy_rate([0.1, math.nan]), "exponents = .*nan", "finite or -inf"),
        (lambda: theory.kaplan_yorke([math.inf, -1.0]), "exponents = .*inf", "finite or -inf"),
    ],
)
def test_bad_input_is_named_with_what_is_allowed(call, given: str, allowed: str) -> None:
    with pytest.raises(ValueError, match=f"{given}.*allowed: .*{allowed}"):
        call()
