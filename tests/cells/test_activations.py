"""sigma and tanh as the kernels compute them, in units in the last place (ULP) of the right answer."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numba import njit

from cells.formula import sigmoid, tanh
from cells.lowering import FAST

# Largest error in ULP. float32: over every float whose answer is a normal number; below -87 sigma is less than the
# smallest one, and only close to it. float64: over the sample below.
ALLOWED = {("float32", "tanh"): 6.3, ("float32", "sigmoid"): 2.5, ("float64", "tanh"): 2.0, ("float64", "sigmoid"): 2.0}


@njit(error_model="numpy", fastmath=FAST)
def evaluate(x, sigma, tangent):
    for k in range(x.size):
        sigma[k] = sigmoid(x[k])
        tangent[k] = tanh(x[k])


def largest_errors(x, exact):
    """Error in ULP of both functions at x, the right answers computed in the type `exact`."""
    sigma, tangent = np.empty_like(x), np.empty_like(x)
    evaluate(x, sigma, tangent)
    wide = x.astype(exact)
    with np.errstate(over="ignore"):
        right = {"sigmoid": 1 / (1 + np.exp(-wide)), "tanh": np.tanh(wide)}
    errors = {}
    for name, got in (("sigmoid", sigma), ("tanh", tangent)):
        unit = np.spacing(np.abs(right[name]).astype(x.dtype)).astype(exact)
        off = np.abs(got.astype(exact) - right[name]) / unit
        normal = np.abs(right[name]) >= np.finfo(x.dtype).tiny
        errors[name] = float(off[normal].max(initial=0.0))
    return errors


def floats(first, last, step):
    """Finite float32 numbers by their bits, both signs."""
    bits = np.arange(first, last, step, dtype=np.uint32)
    return np.concatenate((bits, bits | np.uint32(0x80000000))).view(np.float32)


INFINITY = 0x7F800000
TINY = np.finfo(np.float32).tiny


def test_float32_stays_within_the_stated_error_at_every_thousandth_float():
    errors = largest_errors(floats(0, INFINITY, 997), np.float64)
    assert all(errors[name] <= ALLOWED["float32", name] for name in errors), errors


@njit(error_model="numpy", nogil=True)
def error_of(got, right):
    """Error in ULP of a float32, 0 where the right answer is no normal number."""
    size = np.float32(abs(right))
    if size < TINY:
        return 0.0
    following = np.uint32(size.view(np.uint32) + np.uint32(1)).view(np.float32)
    return abs(np.float64(got) - right) / (np.float64(following) - np.float64(size))


@njit(error_model="numpy", fastmath=FAST, nogil=True)
def worst_of(first, last):
    """As `largest_errors` for the floats with the bits [first, last), one after another."""
    worst_sigma = worst_tanh = 0.0
    for bits in range(first, last):
        x = np.uint32(bits).view(np.float32)
        worst_sigma = max(worst_sigma, error_of(sigmoid(x), 1.0 / (1.0 + math.exp(-np.float64(x)))))
        worst_tanh = max(worst_tanh, error_of(tanh(x), math.tanh(np.float64(x))))
    return worst_sigma, worst_tanh


@pytest.mark.slow
def test_float32_stays_within_the_stated_error_at_every_float():
    starts = [start + sign for sign in (0, 0x80000000) for start in range(0, INFINITY, 2**26)]
    with ThreadPoolExecutor() as pool:
        found = pool.map(lambda start: worst_of(start, min(start + 2**26, (start & 0x80000000) + INFINITY)), starts)
    sigma, tangent = (max(errors) for errors in zip(*found, strict=True))
    print(f"largest error over all floats: sigma {sigma:.2f} ULP, tanh {tangent:.2f} ULP")
    assert sigma <= ALLOWED["float32", "sigmoid"]
    assert tangent <= ALLOWED["float32", "tanh"]


@pytest.mark.skipif(np.finfo(np.longdouble).nmant <= 52, reason="needs a type wider than float64 to compare with")
def test_float64_stays_within_two_ulp():
    rng = np.random.default_rng(0)
    sizes = np.exp(rng.uniform(math.log(1e-300), math.log(700), 300_000)) * rng.choice((-1, 1), 300_000)
    x = np.concatenate((rng.uniform(-700, 700, 300_000), rng.uniform(-20, 20, 600_000), sizes))
    errors = largest_errors(x, np.longdouble)
    assert all(errors[name] <= ALLOWED["float64", name] for name in errors), errors


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_ends_and_nan_pass_through(dtype):
    x = np.array([-np.inf, np.inf, np.nan, 0.0, -0.0, 1000.0, -1000.0], dtype)
    sigma, tangent = np.empty_like(x), np.empty_like(x)
    evaluate(x, sigma, tangent)
    np.testing.assert_array_equal(tangent, np.array([-1, 1, np.nan, 0, 0, 1, -1], dtype))
    np.testing.assert_allclose(
        sigma, np.array([0, 1, np.nan, 0.5, 0.5, 1, 0], dtype), atol=float(np.finfo(dtype).tiny) * 2
    )
