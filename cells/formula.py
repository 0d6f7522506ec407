"""Scalar formulas that every cell and every target shares: tanh, sigma and their derivatives from the output.

A formula is a plain Python function of scalars. `formula` registers it for compilation, so a jitted driver
compiles and inlines it, a CUDA kernel can do the same, and plain Python (the NumPy reference, a CUDA simulator)
calls it as it stands, on scalars or arrays.

What the compiler asks of a formula:

- constants are typed (`ONE - x`, never `1.0 - x`): a float64 literal would turn float32 into float64;
- `forceinline`: without it LLVM leaves the loop around the formula scalar (6 times slower, measured);
- `error_model="numpy"`: the zero check of Python's division would keep the loop scalar too;
- no `nnan` or `reassoc` in `fastmath`: NaN must stay NaN, and the exponential below depends on its order.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numba.extending import overload, register_jitable

FAST = {"contract", "nsz"}
INLINE: Any = {"error_model": "numpy", "fastmath": FAST, "forceinline": True}
formula = register_jitable(**INLINE)

ZERO, HALF, ONE = np.float32(0), np.float32(0.5), np.float32(1)


def tanh(x: Any) -> Any:
    """Hyperbolic tangent: the C library's in float64, a rational function (2.4e-7 absolute) in float32."""
    return np.tanh(x)


def sigmoid(x: Any) -> Any:
    """Logistic function 1 / (1 + exp(-x)), accurate relative to its value on both sides."""
    e = np.exp(-np.abs(x))
    return np.where(np.asarray(x) >= 0, ONE, e) / (ONE + e)


@formula
def dtanh(y):
    """Derivative of tanh from its output: y = tanh(x), dy/dx = 1 - y^2."""
    return ONE - y * y


@formula
def dsigmoid(y):
    """Derivative of sigma from its output: y = sigma(x), dy/dx = y (1 - y)."""
    return y * (ONE - y)


# Rational minimax approximation of tanh on [-7.9, 7.9], odd degree 13 over even degree 6, as used by Eigen
# (Eigen/src/Core/MathFunctionsImpl.h, generic_fast_tanh_float).
_P = (4.89352455891786e-03, 6.37261928875436e-04, 1.48572235717979e-05, 5.12229709037114e-08,
      -8.60467152213735e-11, 2.00018790482477e-13, -2.76076847742355e-16)  # fmt: skip
_Q = (4.89352518554385e-03, 2.26843463243900e-03, 1.18534705686654e-04, 1.19825839466702e-06)
P0, P1, P2, P3, P4, P5, P6 = (np.float32(v) for v in _P)
Q0, Q1, Q2, Q3 = (np.float32(v) for v in _Q)
FIT_END = np.float32(7.9)
TANH_IS_ONE = np.float32(9.02)  # the first float32 neighbourhood where tanh rounds to 1


def _tanh_float32(x):
    # Comparisons are written so that NaN fails them and passes through.
    upper = FIT_END if x > FIT_END else x
    v = -FIT_END if upper < -FIT_END else upper
    s = v * v
    p = ((((((P6 * s + P5) * s + P4) * s + P3) * s + P2) * s + P1) * s + P0) * v
    y = p / (((Q3 * s + Q2) * s + Q1) * s + Q0)
    below = ONE if x > TANH_IS_ONE else y
    return -ONE if x < -TANH_IS_ONE else below


# exp(r) on |r| <= ln(2)/2 as in Cephes' expf (S. Moshier); ln 2 is split so that n * LN2_HIGH is exact.
LOG2_E, LN2_HIGH, LN2_LOW = np.float32(1.4426950408889634), np.float32(0.693359375), np.float32(-2.12194440e-4)
E0, E1, E2, E3, E4, E5 = (
    np.float32(v)
    for v in (5.0000001201e-1, 1.6666665459e-1, 4.1665795894e-2, 8.3334519073e-3, 1.3981999507e-3, 1.9875691500e-4)
)
EXP_MAX, EXP_MIN = np.float32(88), np.float32(-87)
BIAS, MANTISSA_BITS = np.int32(127), np.int32(23)


@formula
def _exp_float32(x):
    upper = EXP_MAX if x > EXP_MAX else x
    v = EXP_MIN if upper < EXP_MIN else upper
    n = np.floor(v * LOG2_E + HALF)
    r = (v - n * LN2_HIGH) - n * LN2_LOW
    p = ((((E5 * r + E4) * r + E3) * r + E2) * r + E1) * r + E0
    power = np.int32((np.int32(n) + BIAS) << MANTISSA_BITS).view(np.float32)
    return (p * (r * r) + r + ONE) * power


def _sigmoid_float32(x):
    return ONE / (ONE + _exp_float32(-x))


def _tanh_exact(x):
    return np.tanh(x)


def _sigmoid_exact(x):
    return ONE / (ONE + np.exp(-x))


@overload(tanh, jit_options=INLINE)
def _compiled_tanh(x):
    return _tanh_float32 if x == types.float32 else _tanh_exact


@overload(sigmoid, jit_options=INLINE)
def _compiled_sigmoid(x):
    return _sigmoid_float32 if x == types.float32 else _sigmoid_exact
