"""Mean field of a tanh RNN whose units all hear one input: h = tanh(W h + s·x·v), x and v_i ~ N(0, 1), v drawn once.

At a step with input x the units' arguments have the variance q + s²x²: the network as a whole is pushed up and down,
and its rate is a mean over inputs, λ1 = ln g + E_x ½ ln E_z sech⁴(√(q + s²x²) z), z ~ N(0, 1). `theory.mean_field` is
the other case, a fresh input for every unit, in which x² averages out. N → ∞, exponents in nats per step.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from analysis.theory.closed_forms import FloatArray, critical_gain

NETWORKS, STEPS, BURN_IN = 1000, 80, 30
"""Networks that hear inputs of their own, and the steps of each: 5e4 inputs, so λ1 to about ±.002."""
LARGEST = 1e5
"""Largest variance of the table of moments."""


@lru_cache(maxsize=1)
def _moments() -> tuple[FloatArray, FloatArray, FloatArray]:
    """Variances v, E tanh²(√v z) and ½ ln E sech⁴(√v z): (401,) each."""
    y = np.linspace(-math.asinh(1e4), math.asinh(1e4), 2001)
    z = np.sinh(y) / 1000  # dense near 0, where tanh turns at a large variance
    weights = np.exp(-(z**2) / 2) * np.cosh(y)
    weights /= weights.sum()
    variances = np.concatenate([[0.0], np.geomspace(1e-5, LARGEST, 400)])
    squares = np.tanh(np.sqrt(variances)[:, None] * z) ** 2
    return variances, squares @ weights, 0.5 * np.log((1 - squares) ** 2 @ weights)


@lru_cache(maxsize=1)
def _inputs() -> FloatArray:
    """x²: (STEPS, NETWORKS), the same at every gain, so that λ1 is a smooth function of it."""
    return np.random.default_rng(0).standard_normal((STEPS, NETWORKS)) ** 2


def exponent(gain: float, scale: float) -> float:
    """Return λ1 of the network at gain g under an input of standard deviation s; q is followed from step to step.

    q ← g²·E tanh²(√(q + s²x²) z). Gains above 100 and scales above 50 leave the table.
    """
    if not (0 < gain <= 100 and 0 < scale <= 50):
        raise ValueError(f"gain, scale = {gain!r}, {scale!r} were given; allowed: above 0, up to 100 and up to 50")
    variances, squares, slopes = _moments()
    q = np.zeros(NETWORKS)
    total = 0.0
    for step, x2 in enumerate(_inputs()):
        spread = q + scale**2 * x2
        if step >= BURN_IN:
            total += float(np.interp(spread, variances, slopes).mean())
        q = gain**2 * np.interp(spread, variances, squares)
    return math.log(gain) + total / (STEPS - BURN_IN)


@lru_cache(maxsize=64)
def critical_gain_of(scale: float) -> float:
    """Return the gain at which λ1 is 0 under an input of standard deviation `scale`; 1 without input."""
    from scipy.optimize import brentq

    if scale == 0:
        return critical_gain("rnn")
    return float(brentq(lambda gain: exponent(gain, scale), 0.5, 100.0, xtol=1e-4))
