"""Gates: how open they are along a sequence, how many are saturated, how long they let the state live."""

from __future__ import annotations

import numpy as np

from bench.case import Case
from bench.draw import draw
from bench.rows import Measurement
from cells import Trace
from cells.registry import find_cell

SATURATED = 0.05
"""A gate within this distance of 0 or 1 is saturated: its slope is below a fifth of the largest."""


def measure_gates(case: Case, block: int) -> list[Measurement]:
    """Mean, saturation and time constant of every gate at every step, and its extremes over the sequence."""
    layer, x, start, _ = draw(case)
    return gate_rows(layer.forward(x, start), case, block)


def gate_rows(trace: Trace, case: Case, block: int) -> list[Measurement]:
    """Rows about the gates of a trace: over units and batch, at every step t = 1 .. T, and over the whole sequence.

    The time constant 1 / (1 - f) is the number of steps for which the gate that keeps the state would let it live; f is
    the share that it keeps (`Keeps.share`). It is taken at the median over units, because one share that is nearly 1
    would rule any mean. There is none where the median is 1 in the case's dtype.
    """
    rows = []
    spec = find_cell(case.cell)
    for gate, values in trace.gates.items():
        by_step = {f"gate_mean_{gate}": values.mean(axis=(1, 2))}
        rows.append(Measurement(case, f"gate_min_{gate}", float(values.min()), "1", block))
        rows.append(Measurement(case, f"gate_max_{gate}", float(values.max()), "1", block))
        if gate in spec.sigmoid_gates:
            saturated = (values < SATURATED) | (values > 1 - SATURATED)
            by_step[f"gate_saturated_{gate}"] = saturated.mean(axis=(1, 2))
        for metric, found in by_step.items():
            rows += [
                Measurement(case, metric, float(value), "1", block, step=float(t + 1)) for t, value in enumerate(found)
            ]
        if spec.keeps is not None and gate == spec.keeps.gate:
            closing = 1 - np.median(spec.keeps.share(values), axis=(1, 2)).astype(np.float64)
            rows += [
                Measurement(case, f"time_constant_{gate}", float(1 / share), "steps", block, step=float(t + 1))
                for t, share in enumerate(closing)
                if share > 0
            ]
    return rows
