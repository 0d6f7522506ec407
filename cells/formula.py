"""Scalar formulas that every cell and every target shares: tanh, sigma and their derivatives from the output.

A formula is a plain Python function of scalars. `formula` registers it for compilation, so a jitted driver
compiles and inlines it, a CUDA kernel can do the same, and plain Python (the NumPy reference, a CUDA simulator)
calls it as it stands, on scalars or arrays.

What the compiler asks of a formula, so that LLVM turns the loop around it into vectors (measured: 10 times faster):

- constants are typed (`ONE - x`, never `1.0 - x`): a float64 literal would turn float32 into float64;
- no branch, also none inside a conditional expression: `cells.lowering.select` computes both sides;
- `forceinline`, and `error_model="numpy"`: a call, or the zero check of Python's division, would keep it scalar;
- polynomials in pairs of terms, not by Horner's rule: a vector waits for the longest chain of operations;
- no `nnan` or `reassoc` in `fastmath`: NaN must stay NaN, and the exponential of `cells.lowering` depends on its order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

F = TypeVar("F", bound=Callable[..., Any])

# A machine that runs machine code from elsewhere may have no numba, or one that does not fit its NumPy. Whoever
# compiles imports `cells.lowering` again and meets the error: `cells.kernel_cache` for the CPU, for CUDA
# `cells.cuda.device.numba_cuda`, which keeps it as the reason why nothing can be compiled.
try:
    from cells import lowering
except Exception:
    lowering = None  # type: ignore[assignment]

ONE = np.float32(1)


def formula(function: F) -> F:
    """Let the compiler inline this function; whoever calls it from Python finds it as it is."""
    return function if lowering is None else lowering.register(function)


def tanh(x: Any) -> Any:
    """Hyperbolic tangent. Compiled: within 2 ULP in float64, 6.3 in float32 (tests/cells/test_activations.py)."""
    return np.tanh(x)


def sigmoid(x: Any) -> Any:
    """Logistic function 1 / (1 + exp(-x)), accurate relative to its value. Compiled: within 2 ULP, in float32 2.5."""
    e = np.exp(-np.abs(x))
    return np.where(np.asarray(x) >= 0, ONE, e) / (ONE + e)


@formula
def dtanh(y):
    """Return derivative of tanh from its output: y = tanh(x), dy/dx = 1 - y^2."""
    return ONE - y * y


@formula
def dsigmoid(y):
    """Return derivative of sigma from its output: y = sigma(x), dy/dx = y (1 - y)."""
    return y * (ONE - y)


if lowering is not None:
    lowering.lower(tanh, sigmoid)
