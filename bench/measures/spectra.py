"""Spectra: Lyapunov exponents of layers and of products of random matrices, spectral radii, critical gains."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from bench.case import Case
from bench.draw import draw
from bench.measures.gradient_flow import log_row
from bench.rows import Measurement
from cells import Layer, gradient_profile, lyapunov_spectrum

BURN_IN, SHARE = 300, 0.4
"""Steps before a spectrum is measured: so many, or this share of the sequence if that is more."""
RADIUS_DRAWS = 50
"""Matrices of a case whose spectral radii are averaged."""
PRODUCTS = 20
"""Largest number of factors of a product whose norm is stored."""
BISECTIONS = 40


def measure_spectrum(case: Case, block: int) -> list[Measurement]:
    """All Lyapunov exponents of the layer along its input, nats per step; step: their place, the largest is 1."""
    layer, x, start, _ = draw(case)
    burn_in = max(BURN_IN, int(SHARE * case.seq_len))
    return _exponents(case, block, lyapunov_spectrum(layer, x, burn_in=burn_in, initial=start))


def measure_products(case: Case, block: int) -> list[Measurement]:
    """Products of fresh Gaussian matrices, variance g^2/N: exponents by QR over T factors, and norms of short ones.

    The norm is ||M||_F / sqrt(N) after k factors, as log10; step: k.
    """
    rng = np.random.default_rng(case.seed)
    size = case.hidden_size
    scale = case.initialiser_value / math.sqrt(size)
    directions = np.eye(size)
    total = np.zeros(size)
    product = np.eye(size)
    rows = []
    for t in range(1, case.seq_len + 1):
        matrix = rng.standard_normal((size, size)) * scale
        directions, r = np.linalg.qr(matrix @ directions)
        total += np.log(np.abs(np.diag(r)))
        if t <= PRODUCTS:
            product = matrix @ product
            norm = float(np.linalg.norm(product)) / math.sqrt(size)
            rows.append(log_row(case, "log10_product_norm", math.log10(norm), block, float(t)))
    return rows + _exponents(case, block, total / case.seq_len)


def measure_radius(case: Case, block: int) -> list[Measurement]:
    """Mean spectral radius of the recurrent matrix of a simple cell, over fresh draws."""
    rng = np.random.default_rng(case.seed)
    found = []
    for _ in range(RADIUS_DRAWS):
        layer = Layer(case.cell, 1, case.hidden_size, dtype="float64", initialiser=case.initialiser, rng=rng)
        found.append(np.abs(np.linalg.eigvals(layer.parameters["weight_hh_l0"])).max())
    return [Measurement(case, "spectral_radius", float(np.mean(found)), "1", block)]


def measure_critical_gain(case: Case, block: int) -> list[Measurement]:
    """Measure the recurrent gain at which the zero state of a layer without input stops being stable, by bisection.

    All gates share g Q with a reflection Q, which has the eigenvalue 1, so that the gain is no matter of the draw. The
    gradient over the second half of T steps grows or shrinks: that decides each step of the bisection.
    """
    rng = np.random.default_rng(case.seed)
    hidden = case.hidden_size
    axis = rng.standard_normal(hidden)
    reflection = np.eye(hidden) - 2 * np.outer(axis, axis) / (axis @ axis)
    layer = draw(case).layer
    d_last = rng.standard_normal((1, hidden))
    x = np.zeros((case.seq_len, 1, case.input_size))
    low, high = 0.0, 16.0
    for _ in range(BISECTIONS):
        gain = (low + high) / 2
        weights = np.concatenate([gain * reflection] * len(layer.spec.hidden_gates))
        layer.load_parameters(dict(layer.parameters) | {"weight_hh_l0": weights})
        norms = gradient_profile(layer, x, d_last)["h"][:, 0]
        low, high = (low, gain) if norms[0] > norms[case.seq_len // 2] else (gain, high)
    return [Measurement(case, "critical_gain", (low + high) / 2, "1", block)]


def _exponents(case: Case, block: int, values: NDArray[np.float64]) -> list[Measurement]:
    rows = []
    for place, value in enumerate(values, start=1):
        if np.isfinite(value):
            rows.append(Measurement(case, "lyapunov", float(value), "nats per step", block, step=float(place)))
        else:
            rows.append(
                Measurement(
                    case, "lyapunov", None, "nats per step", block, step=float(place), status="zero",
                    reason="a step annihilates this direction",
                )
            )  # fmt: skip
    return rows
