"""How the compiler takes formulas: what registers them, and tanh and sigma as it inlines them.

`cells.formula` says what a formula is. This module needs numba, and is imported by whoever compiles.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic, overload, register_jitable

FAST = {"contract", "nsz"}
INLINE: Any = {"error_model": "numpy", "fastmath": FAST, "forceinline": True}
register = register_jitable(**INLINE)

ZERO, ONE, TWO = np.float32(0), np.float32(1), np.float32(2)


def _element(kind: Any) -> Any:
    """Return the type of a scalar, or of the elements of a vector (`cells.cpu.kernels.vector`)."""
    return getattr(kind, "dtype", kind)


@intrinsic
def select(typing_context, condition, one, other):
    """`one` where the condition holds, else `other`, without a branch."""
    kind = other if hasattr(other, "dtype") else one
    return kind(condition, kind, kind), lambda context, builder, made, arguments: builder.select(*arguments)


@intrinsic
def power_of_two(typing_context, shifted):
    """2^n from n + ROUND, as `_exp_float32` makes it: the lowest bits become the exponent."""
    bits, mantissa, one = (32, 23, 0x3F800000) if _element(shifted) == types.float32 else (64, 52, 0x3FF0000000000000)

    def codegen(context, builder, made, arguments):
        (value,) = arguments
        lanes = value.type.count if isinstance(value.type, ir.VectorType) else 0
        whole = ir.VectorType(ir.IntType(bits), lanes) if lanes else ir.IntType(bits)

        def constant(number):
            return ir.Constant(whole, [number] * lanes if lanes else number)

        exponent = builder.shl(builder.bitcast(value, whole), constant(mantissa))
        return builder.bitcast(builder.add(exponent, constant(one)), value.type)

    return shifted(shifted), codegen


@register
def _clamp(x, low, high):
    # Written so that NaN fails both comparisons and passes through.
    below = select(x > high, high, x)
    return select(below < low, low, below)


# Rational minimax approximation of tanh on [-7.9, 7.9], odd degree 13 over even degree 6, as used by Eigen
# (Eigen/src/Core/MathFunctionsImpl.h, generic_fast_tanh_float). Numerator and denominator are divided by the first
# coefficient: then a tiny x does not lose its digits on the way.
_P = (4.89352455891786e-03, 6.37261928875436e-04, 1.48572235717979e-05, 5.12229709037114e-08,
      -8.60467152213735e-11, 2.00018790482477e-13, -2.76076847742355e-16)  # fmt: skip
_Q = (4.89352518554385e-03, 2.26843463243900e-03, 1.18534705686654e-04, 1.19825839466702e-06)
P0, P1, P2, P3, P4, P5, P6 = (np.float32(v / _P[0]) for v in _P)
Q0, Q1, Q2, Q3 = (np.float32(v / _P[0]) for v in _Q)
FIT_END = np.float32(7.9)
TANH_IS_ONE = np.float32(9.02)  # the first float32 neighbourhood where tanh rounds to 1


def _tanh_float32(x):
    v = _clamp(x, -FIT_END, FIT_END)
    s = v * v
    s2 = s * s
    p = ((P1 * s + P0) + (P3 * s + P2) * s2) + ((P5 * s + P4) + P6 * s2) * (s2 * s2)
    y = v * p / ((Q1 * s + Q0) + (Q3 * s + Q2) * s2)
    return select(x < -TANH_IS_ONE, -ONE, select(x > TANH_IS_ONE, ONE, y))


# exp(x) = 2^n exp(r), |r| <= ln(2) / 2. Adding ROUND rounds to a whole n, which then stands in the lowest bits; shifted
# into the exponent it is 2^n. ln 2 is split so that n * LN2_HIGH is exact. The polynomial is Cephes' expf (S. Moshier).
LOG2_E, LN2_HIGH, LN2_LOW = np.float32(1.4426950408889634), np.float32(0.693359375), np.float32(-2.12194440e-4)
E0, E1, E2, E3, E4, E5 = (
    np.float32(v)
    for v in (5.0000001201e-1, 1.6666665459e-1, 4.1665795894e-2, 8.3334519073e-3, 1.3981999507e-3, 1.9875691500e-4)
)
EXP_MAX, EXP_MIN, ROUND = np.float32(88), np.float32(-87), np.float32(1.5 * 2**23)


@register
def _exp_float32(x):
    v = _clamp(x, EXP_MIN, EXP_MAX)
    shifted = v * LOG2_E + ROUND
    n = shifted - ROUND
    r = (v - n * LN2_HIGH) - n * LN2_LOW
    r2 = r * r
    p = (E1 * r + E0) + ((E3 * r + E2) + (E5 * r + E4) * r2) * r2
    return (p * r2 + r + ONE) * power_of_two(shifted)


def _sigmoid_float32(x):
    return ONE / (ONE + _exp_float32(-x))


# The same in float64; the coefficients interpolate (exp(r) - 1 - r) / r^2 at ten Chebyshev nodes (error 2e-17).
LOG2_E_64, ROUND_64 = np.float64(1.4426950408889634), np.float64(1.5 * 2**52)
LN2_HIGH_64, LN2_LOW_64 = np.float64(0.6931471803691238), np.float64(1.9082149292705877e-10)
D0, D1, D2, D3, D4, D5, D6, D7, D8, D9 = (
    np.float64(v)
    for v in (
        0.5000000000000001, 0.16666666666666669, 0.04166666666662399, 0.008333333333330051, 0.0013888888917281794,
        0.00019841269863105968, 2.480152119021773e-05, 2.7557268378684192e-06, 2.7620138719733994e-07,
        2.5100424157005067e-08,
    )
)  # fmt: skip
EXP_MAX_64, EXP_MIN_64 = np.float64(709), np.float64(-708)


@register
def _exp_float64(x):
    v = _clamp(x, EXP_MIN_64, EXP_MAX_64)
    shifted = v * LOG2_E_64 + ROUND_64
    n = shifted - ROUND_64
    near, rest = v - n * LN2_HIGH_64, n * LN2_LOW_64
    r = near - rest
    lost = (near - r) - rest  # what rounding took from r
    r2 = r * r
    r4 = r2 * r2
    low, middle = (D1 * r + D0) + (D3 * r + D2) * r2, (D5 * r + D4) + (D7 * r + D6) * r2
    p = low + (middle + (D9 * r + D8) * r4) * r4
    top = ONE + r
    return (top + ((r - (top - ONE)) + (lost + p * r2))) * power_of_two(shifted)


def _sigmoid_float64(x):
    negative = x < ZERO
    e = _exp_float64(select(negative, x, -x))
    below = ONE + e
    y = select(negative, e, np.float64(ONE)) / below
    # What rounding took from 1 + e is half of the whole error: first order, with 1 / (1 + e) = y or 1 - y.
    lost = e - (below - ONE)
    return y - y * (lost * select(negative, ONE - y, y))


# tanh(x) = x + x^3 P(x^2) / Q(x^2) for |x| < .625 (Cephes, tanh.c), else 1 - 2 / (exp(2 |x|) + 1); one division.
SMALL = np.float64(0.625)
R0, R1, R2 = (np.float64(v) for v in (-1.61468768441708447952e3, -9.92877231001918586564e1, -9.64399179425052238628e-1))
S0, S1, S2 = (np.float64(v) for v in (4.84406305325125486048e3, 2.23548839060100448583e3, 1.12811678491632931402e2))


def _tanh_float64(x):
    size = select(x < ZERO, -x, x)
    s = x * x
    small = size < SMALL
    over = select(small, size * s * ((R2 * s + R1) * s + R0), np.float64(-TWO))
    under = select(small, ((s + S2) * s + S1) * s + S0, _exp_float64(size + size) + ONE)
    y = select(small, size, np.float64(ONE)) + over / under
    return select(x < ZERO, -y, y)


def lower(tanh: Callable[..., Any], sigmoid: Callable[..., Any]) -> None:
    """Give the compiler its own tanh and sigma for those two functions."""

    @overload(tanh, jit_options=INLINE)
    def _compiled_tanh(x):
        return _tanh_float32 if _element(x) == types.float32 else _tanh_float64

    @overload(sigmoid, jit_options=INLINE)
    def _compiled_sigmoid(x):
        return _sigmoid_float32 if _element(x) == types.float32 else _sigmoid_float64
