"""What a gradient is made of before it is clipped: all of dL/dW_hh, and what the last steps add to it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.case import Case
from bench.draw import draw
from bench.measures.gradient_flow import log_row
from bench.measures.weight_gradients import check_recurrent, parts_of
from bench.rows import Measurement

Array = NDArray[np.floating[Any]]
RECENT = 10
"""Uses of W_hh that count as recent: those of the last so many steps."""


def measure_clipping(case: Case, block: int) -> list[Measurement]:
    """Measure the gradient of W_hh for a loss at the last step, and the part that the last `RECENT` uses of it add.

    dL/dh_T is random, with norm 1. Clipping by norm multiplies both by the same number, which is left to the reader of
    the rows. `recent_cosine` is that of the angle between them, as vectors of all weights: 1 where the recent steps
    say where a training step goes, 0 where it goes where they do not point. Step: how many uses count.

    The gradient is a plain float64 number, in which 10^308 has its end: beyond it stand rows without a value.
    """
    layer, x, start, rng = draw(case)
    check_recurrent(case)
    d_last = rng.standard_normal((case.batch_size, case.hidden_size))
    d_last /= np.linalg.norm(d_last)
    uses = min(RECENT, case.seq_len)
    with np.errstate(over="ignore", invalid="ignore"):
        parts = parts_of(layer, x, start, d_last, tuple(dict.fromkeys((uses, case.seq_len))))
        whole = parts.sum(axis=0)
    if not np.isfinite(whole).all():
        reason = f"the gradient of W_hh left the range of {case.dtype}"
        return [
            Measurement(case, metric, None, unit, block, step=float(step), status="diverged", reason=reason)
            for metric, unit, step in (
                ("log10_weight_gradient", "log10", case.seq_len),
                ("log10_recent_gradient", "log10", uses),
                ("recent_cosine", "1", uses),
            )
        ]
    rows = [
        log_row(case, "log10_weight_gradient", _log10_norm(whole), block, float(case.seq_len)),
        log_row(case, "log10_recent_gradient", _log10_norm(parts[0]), block, float(uses)),
    ]
    if all(row.status == "ok" for row in rows):
        cosine = float(np.vdot(_direction(whole), _direction(parts[0])))
        rows.append(Measurement(case, "recent_cosine", cosine, "1", block, step=float(uses)))
    return rows


def _log10_norm(gradient: Array) -> float:
    """log10 of the Frobenius norm, whose square need not be a number: of 1e200 it would be none; -inf for exactly 0."""
    largest = float(np.abs(gradient).max())
    return math.log10(largest) + math.log10(float(np.linalg.norm(gradient / largest))) if largest else -math.inf


def _direction(gradient: Array) -> Array:
    """Return the gradient over its norm."""
    scaled = gradient / np.abs(gradient).max()
    direction: Array = scaled / np.linalg.norm(scaled)
    return direction
