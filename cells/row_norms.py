"""What each row of a batch alone adds to the gradients of the parameters, as norms.

dL/dW of a product is the sum over rows b and steps t of d_slots[t, b] source[t, b]^T. Of one row that is a product over
its steps, as much work as the row's share of the gradient itself, and its norm is all that is kept: no array of B
gradients is made.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cells.backend import Run

Array = NDArray[Any]


def norms_of_rows(run: Run[Any], d_slots: Array) -> dict[str, Array]:
    """Return the L2 norm of each row's part of each parameter's gradient, {name: (B,)} float64.

    run: a finished forward pass of one direction.
    d_slots: dL/d slots (P, T, B, H).
    """
    spec = run.weights.spec
    x = run.x if isinstance(run.x, np.ndarray) else run.x.numpy()
    norms = {name: np.zeros(x.shape[1]) for name in run.weights.parameters}
    for product in spec.products:
        if not product.gates:
            continue
        source = _source_of(product.source, run, x)
        d_gates = d_slots[product.first : product.first + len(product.gates)]
        for b in range(x.shape[1]):
            d_row = d_gates[:, :, b].astype(np.float64)
            of_weight = d_row.transpose(0, 2, 1) @ source[:, b].astype(np.float64)
            for kind, part in (("weight", of_weight), ("bias", d_row.sum(axis=1))):
                of_parameter = norms[f"{kind}_{product.kind}_l0"]  # two products may fill blocks of one parameter
                of_parameter[b] = math.hypot(of_parameter[b], _norm(part))
    return norms


def _source_of(source: str, run: Run[Any], x: Array) -> Array:
    """Return what a product multiplies at each step, (T, B, I) or (T, B, H)."""
    if source == "input":
        return x
    return run.state(0)[:-1] if source == "state" else run.slot(run.weights.spec.slots[run.weights.spec.mask_slot])


def _norm(part: Array) -> float:
    """Return the L2 norm; the largest number is taken out first, so that no square leaves the range."""
    largest = float(np.abs(part).max())
    return largest * float(np.linalg.norm(part / largest)) if 0 < largest < math.inf else largest
