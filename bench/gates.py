"""Gates: how open they are along a sequence, how many are saturated, how long they let the state live."""

from __future__ import annotations

import numpy as np

from bench.case import Case
from bench.draw import draw
from bench.rows import Measurement
from cells import Trace
from cells.initialisers import KEEP_GATE

SATURATED = 0.05
"""A gate within this distance of 0 or 1 is saturated: its slope is below a fifth of the largest."""


def measure_gates(case: Case, block: int) -> list[Measurement]:
    """Mean of every gate at every step, and over the sequence its extremes, saturation and time constant."""
    layer, x, start, _ = draw(case)
    return gate_rows(layer.forward(x, start), case, block)


def gate_rows(trace: Trace, case: Case, block: int) -> list[Measurement]:
    """Rows about the gates of a trace; the step of a mean is t = 1 .. T.

    The time constant 1 / (1 - f) is the number of steps for which a gate that keeps the state would let it live; its
    median over units and steps is stored, because one gate that is nearly 1 would rule any mean.
    """
    rows = []
    for gate, values in trace.gates.items():
        rows += [
            Measurement(case, f"gate_mean_{gate}", float(mean), "1", block, step=float(t))
            for t, mean in enumerate(values.mean(axis=(1, 2)), start=1)
        ]
        rows.append(Measurement(case, f"gate_min_{gate}", float(values.min()), "1", block))
        rows.append(Measurement(case, f"gate_max_{gate}", float(values.max()), "1", block))
        if gate in ("g", "n", "a"):
            continue
        share = float(np.mean((values < SATURATED) | (values > 1 - SATURATED)))
        rows.append(Measurement(case, f"gate_saturated_{gate}", share, "1", block))
        if gate in KEEP_GATE:
            closing = 1 - float(np.median(values))
            if closing > 0:
                rows.append(Measurement(case, f"time_constant_{gate}", 1 / closing, "steps", block))
    return rows
