"""Lyapunov exponents of a driven layer: the rates at which all directions of its joint state grow or shrink.

lambda_i = mean over steps of ln |R_ii|, where Q R is the factorisation of J_t Q carried along the trajectory (Benettin
et al. 1980; Vogt et al. 2020; Engelken, Wolf & Abbott 2023). Under an input these are the conditional exponents: all
positive ones vanish where the input fixes the state whatever the start.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import blas, lapack, qr

from cells.arrays import shape_of
from cells.flow.jacobian import Linearisation, linearise
from cells.flow.profile import check_layer
from cells.layer import Layer

Array = NDArray[np.float64]
WARM_UP = 100
"""Steps in which the directions turn to the subspaces they measure, before anything is counted."""
LOST_DIGITS = 10.0
"""Decades by which directions may drift apart before they are made orthogonal again: float64 has sixteen digits."""
SMALLEST = 1e-280
"""Growth between two factorisations that has all of its digits: nothing it is a sum of was denormal."""
MOST_STEPS = 20
"""Steps between two factorisations, at most."""


def lyapunov_spectrum(layer: Layer, x: Any, burn_in: int = 300, initial: Mapping[str, Any] | None = None) -> Array:
    """All Lyapunov exponents of the joint state along one sequence.

    Parameters
    ----------
    layer
        A layer of one direction.
    x : (T, 1, I) array
        The input; T is larger than `burn_in`.
    burn_in
        Steps that are run and not measured, until the state is on its attractor; over the last hundred of them the
        directions settle. Near a transition a thousand and more are needed.
    initial
        The state to start from, {"h": (1, H), ...}; zero if None. An undriven layer without biases stays at zero.

    Returns
    -------
    (S H,) array
        Nats per step, largest first. A direction that a step annihilates has -inf, or, by rounding, about -36.

    Raises
    ------
    ValueError, TypeError
        For a layer of two directions, more than one row, a burn-in that leaves nothing to measure, bad arrays.
    FloatingPointError
        Where a state or slot is NaN or infinite.

    """
    check_layer("lyapunov_spectrum", layer)
    if isinstance(burn_in, bool) or not isinstance(burn_in, int | np.integer):
        raise TypeError(f"burn_in is {burn_in!r} of type {type(burn_in).__name__}; allowed: an integer of at least 0")
    shape = shape_of("x", x)
    if len(shape) == 3 and shape[1] != 1:
        raise ValueError(f"x has {shape[1]} rows in shape {shape}; allowed: one row, shape (T, 1, I)")
    if len(shape) == 3 and shape[0] > 0 and not 0 <= burn_in < shape[0]:
        raise ValueError(f"burn_in is {burn_in}; allowed: 0 .. T - 1 = {shape[0] - 1}")
    return spectrum(linearise("lyapunov_spectrum", layer.forward(x, initial)), int(burn_in))


def spectrum(parts: Linearisation, burn_in: int) -> Array:
    """Return the exponents of a linearised trace, measured from step `burn_in` on."""
    # The directions to begin with are drawn, the same at each call: any set does, but none that a cell prefers.
    directions = qr(np.random.default_rng(0).standard_normal((parts.size, parts.size)))[0]
    steps = 1
    t = max(0, burn_in - WARM_UP)
    total = np.zeros(parts.size)
    while t < parts.steps:
        end = min(t + steps, burn_in if t < burn_in else parts.steps)
        directions, growth = _advance(parts, directions, t, end)
        if t >= burn_in:
            total += growth
        steps, t = _apart(growth / (end - t)), end
    return np.sort(total / (parts.steps - burn_in))[::-1]


def _advance(parts: Linearisation, directions: Array, start: int, end: int) -> tuple[Array, Array]:
    """Orthonormal directions after the steps [start, end), and ln of what each grew by.

    Q = (moved directions) R^-1 is a third faster than the product of all reflections, and orthogonal to
    10^(LOST_DIGITS - 14). Where they drifted further apart than the steps before promised, as after a burst in the
    input, or left the range of float64, the steps are taken again in two halves; where a single step does it, Q comes
    from the reflections.
    """
    moved = directions
    for t in range(start, end):
        # SciPy's product, not NumPy's: each brings threads of its own, and those of the one would disturb the other.
        moved = blas.dgemm(1.0, parts.jacobian(t)[0].T, moved, trans_a=1)
    factors, _, _, _ = lapack.dgeqrf(moved, lwork=64 * len(moved))
    r = np.triu(factors)
    growth = np.abs(np.diag(r))
    lost = not growth.min() > max(growth.max() * 10.0 ** -(LOST_DIGITS + 2), SMALLEST)  # NaN is lost too
    if lost and end - start > 1:
        middle = (start + end) // 2
        directions, one = _advance(parts, directions, start, middle)
        directions, other = _advance(parts, directions, middle, end)
        return directions, one + other
    directions = qr(moved, check_finite=False)[0] if lost else blas.dtrsm(1.0, r, moved, side=1)
    with np.errstate(divide="ignore"):
        return directions, np.log(growth)


def _apart(rates: Array) -> int:
    """Return steps after which directions with these rates are LOST_DIGITS decades apart."""
    finite = rates[np.isfinite(rates)]
    if finite.size < rates.size:
        return 1
    spread = float(np.ptp(finite)) / np.log(10.0)
    return int(np.clip(LOST_DIGITS / max(spread, 1e-12), 1, MOST_STEPS))
