"""One rounding rule."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.result import Estimate, Number
from reports.numbers import level_as_number, show, show_number, show_power, show_value, shown


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (Estimate(0.6443, 0.6112, 0.6712, "1", 8), "0.64 [0.61, 0.67]"),
        (Estimate(0.00124, 0.00121, 0.0013, "s", 8), "1.24 [1.21, 1.30] ms"),
        (Estimate(2.21, 1.56, 5.86, "ratio", 5), "2.2 [1.6, 5.9]"),
        (Estimate(16.443, 16.442, 17.5, "1", 5), "16.4 [16.4, 17.5]"),
        (Estimate(9e-6, 2.3e-7, 4.8e-4, "1", 3), "9 × 10⁻⁶ [2.3 × 10⁻⁷, 0.00048]"),
        (Estimate(3.2e-5, 3.1e-5, 3.4e-5, "s", 8), "32 [31, 34] µs"),
        (Estimate(-10.523, -10.91, -10.13, "decades", 8), "−10.5 [−10.9, −10.1]"),
        (Estimate(33300, 33300, 33300, "count", 1), "33,300"),
        (Estimate(0.75, 0.75, 0.75, "ratio", 1), "0.75"),
        (Estimate(7.7, 7.68, math.inf, "ratio", 8), "≥ 7.68"),
        (Estimate(0.24, 0.0, 0.25, "ratio", 8), "≤ 0.25"),
        (Estimate(0.5, -math.inf, math.inf, "1", 2), "0.5"),
        (Estimate(0.5, 0.021, 0.983, "range", 8), "0.021 … 0.983"),
        (Estimate(2e-7, -3e-5, 4e-5, "decades per step", 8), "0.0000 [0.0000, 0.0000]"),
        (Estimate(math.inf, 100, math.inf, "steps", 8), "> 100"),
    ],
)
def test_an_estimate_is_shown_to_the_digits_of_its_interval(estimate: Estimate, text: str) -> None:
    assert show(estimate) == text


@pytest.mark.parametrize(
    ("fact", "text"),
    [
        (Estimate(0.6443, 0.6112, 0.6712, "1", 8), "0.64 [0.61, 0.67]"),
        (Number(0.123456), "0.1235"),
        (Number(0.123456, digits=2), "0.12"),
        (Number(1.98e9, "Hz", 3), "1.98 GHz"),
        (Number(-30.1, "log10"), "8 × 10⁻³¹"),
        (Number(0.0996679946, decimals=9), "0.099667995"),
        (Number(-0.0031, "share", decimals=1), "−0.3 %"),
        (Number(-0.0001, "share", decimals=1), "0.0 %"),
        (Number(math.nan), "–"),
        ((1000, 16, 768), "1,000, 16, 768"),
        ("float32", "float32"),
        (None, "–"),
        (40, "40"),
    ],
)
def test_a_fact_is_written_in_the_digits_that_it_is_worth(fact: object, text: str) -> None:
    assert shown(fact) == text


def test_an_estimate_may_stand_alone() -> None:
    assert shown(Estimate(0.6443, 0.6112, 0.6712, "1", 8), alone=True) == "0.64"
    assert shown(0.5, alone=True) == "0.5"


def test_a_value_without_its_interval_keeps_digits_and_unit() -> None:
    assert show_value(Estimate(0.00124, 0.00121, 0.0013, "s", 8)) == "1.24 ms"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (1.0, "1"), (-2.5, "−2.5"), (0.99330714, "0.9933"), (1e-7, "1 × 10⁻⁷"), (1050624, "1,050,624"),
     (math.inf, "∞"), (math.nan, "–"), (9.99996, "10")],
)  # fmt: skip
def test_a_number_is_shown_plainly(value: float, text: str) -> None:
    assert show_number(value) == text


@pytest.mark.parametrize(
    ("exponent", "text"),
    [(-30.1, "8 × 10⁻³¹"), (-7, "10⁻⁷"), (-6.01, "10⁻⁶"), (0, "1"), (-0.3, "0.5"), (-math.inf, "0")],
)
def test_a_vanished_gradient_is_a_power_of_ten(exponent: float, text: str) -> None:
    assert show_power(exponent) == text


@given(st.floats(-1e15, 1e15), st.floats(0, 1e6))
def test_nothing_is_shown_in_the_machine_s_notation(value: float, width: float) -> None:
    text = show(Estimate(value, value - width, value + width, "1", 5))
    assert "e" not in text
    assert "-" not in text


@pytest.mark.parametrize(
    ("name", "text"), [("-2", "−2"), ("-0.5", "−0.5"), ("1e-05", "1e−05"), ("64", "64"), ("torch-fb1", "torch-fb1")]
)
def test_a_level_below_zero_has_a_minus_sign(name: str, text: str) -> None:
    assert level_as_number(name) == text
    assert shown(name) == text
