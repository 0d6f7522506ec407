"""A small push at the start, carried forward in log scale: the forward twin of the gradient profile."""

from __future__ import annotations

from typing import Any

import numpy as np

from cells.flow.jacobian import Array, linearise
from cells.trace import Trace
from cells.validation import check_array


def perturbation(trace: Trace, direction: Any) -> Array:
    """log10 of ||ds_t||, (T + 1, B), for an infinitesimal perturbation ds_0 = direction (B, S H) of the start.

    The forward twin of the gradient profile: the same Jacobians, multiplied from the other end. Raises TypeError,
    ValueError or FloatingPointError for a bad trace, as `step_jacobians`, or a bad direction.
    """
    parts = linearise("perturbation", trace)
    batch = parts.past.shape[3]
    v = check_array("direction", direction, (batch, parts.size), "B SH", "float64")
    out = np.empty((parts.steps + 1, batch))
    exponents = np.zeros(batch)
    for t in range(parts.steps + 1):
        taken = np.frexp(np.abs(v).max(axis=1))[1]
        v, exponents = np.ldexp(v, -taken[:, None]), exponents + taken
        with np.errstate(divide="ignore"):
            out[t] = np.log10(np.linalg.norm(v, axis=1)) + exponents * np.log10(2.0)
        if t < parts.steps:
            v = np.einsum("bij,bj->bi", parts.jacobian(t), v)
    return out
