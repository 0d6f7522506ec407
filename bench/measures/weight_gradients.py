"""The gradient of the recurrent weights: what a window leaves of it, and how it grows with the memory."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.case import Case
from bench.draw import draw
from bench.measures.gradient_flow import log_row
from bench.rows import Measurement
from cells import Layer
from cells.flow.profile import trace_profile
from cells.registry import find_cell

Array = NDArray[np.floating[Any]]
WEIGHTS = "weight_hh_l0"
WINDOWS = (5, 10, 20, 50, 100, 200)
"""Steps of the windows; beside those that are shorter than a sequence stands the whole sequence."""


def windows(steps: int) -> tuple[int, ...]:
    """Return the windows of a sequence of so many steps, the whole one last."""
    return (*(window for window in WINDOWS if window < steps), steps)


def measure_truncated(case: Case, block: int) -> list[Measurement]:
    """Measure what truncated back-propagation through time loses of dL/dW_hh, loss at the last step; step: window w.

    Every step of a sequence uses W_hh, and dL/dW_hh is the sum over these uses. A window of w keeps the last w of
    them: states are those of the whole forward pass, and the gradient ends at the state before the window (Williams &
    Peng 1990). `log10_cut_off` is the Frobenius norm of what the earlier steps would have added, over that of the
    whole gradient: summed by itself and never as a difference, so that 1e-20 is no rounding. A window of the whole
    sequence cuts nothing off: exactly 0, which has no logarithm, and the row says so.
    """
    layer, x, start, rng = draw(case)
    check_recurrent(case)
    d_last = rng.standard_normal((case.batch_size, case.hidden_size))
    shown = windows(case.seq_len)
    parts = parts_of(layer, x, start, d_last, shown)
    kept, rest = np.cumsum(parts, axis=0), np.cumsum(parts[::-1], axis=0)[::-1]
    rows = []
    for place, window in enumerate(shown):
        cut_off = _log10_norm(rest[place + 1]) - _log10_norm(rest[0]) if window < case.seq_len else -math.inf
        rows.append(log_row(case, "log10_cut_off", cut_off, block, float(window)))
        rows.append(log_row(case, "log10_weight_gradient", _log10_norm(kept[place]), block, float(window)))
    return rows


def _log10_norm(gradient: Array) -> float:
    """log10 of the Frobenius norm; -inf where it is exactly 0, as in the first step, whose state before is 0."""
    norm = float(np.linalg.norm(gradient))
    return math.log10(norm) if norm else -math.inf


def parts_of(layer: Layer, x: Array, start: dict[str, Array] | None, d_last: Array, shown: tuple[int, ...]) -> Array:
    """Return dL/dW_hh of each stretch between two windows, (windows, rows, H), the last steps first."""
    steps = len(x)
    edges = [steps - window for window in reversed(shown)] + [steps]
    traces, state = [], start
    for first, end in pairwise(edges):
        traces.append(layer.forward(x[first:end], state))
        state = traces[-1].final
    d_state = {name: np.zeros_like(d_last) for name in layer.spec.states} | {layer.spec.states[0]: d_last}
    parts = []
    for trace in reversed(traces):
        gradients = trace.backward(d_final=d_state)
        parts.append(gradients.parameters[WEIGHTS])
        d_state = gradients.initial
    return np.stack(parts)


def measure_memory(case: Case, block: int) -> list[Measurement]:
    """Measure the gradient of W_hh for a loss at every step, the state that is kept, and the gradient of the state.

    Every output has a gradient of its own, N(0, 1) and independent of the others. `kept_sd` is taken over units and
    batch after the last step. `log10_gradient_left` is that of all states together (`trace_profile`), for a loss at the
    last step only: at 0 or below nothing explodes. Source: Zucchet & Orvieto 2024, arXiv:2405.21064.
    """
    check_recurrent(case)
    layer, x, start, rng = draw(case)
    keeps = layer.spec.keeps
    if keeps is None:
        raise ValueError(f"cell {case.cell!r} has no gate that keeps a state; allowed: cells whose spec has `keeps`")
    trace = layer.forward(x, start)
    d_output = rng.standard_normal(trace.output.shape)
    size = _log10_norm(trace.backward(d_output).parameters[WEIGHTS])
    profile = trace_profile(trace, d_output[-1])
    whole_state = profile["joint"]
    left = float((whole_state[0] - whole_state[-1]).mean())
    return [
        log_row(case, "log10_weight_gradient", size, block, float(case.seq_len)),
        log_row(case, "log10_gradient_left", left, block, 0.0),
        Measurement(case, "kept_sd", float(trace.final[keeps.state].std()), "1", block),
    ]


def check_recurrent(case: Case) -> None:
    """ValueError for a cell whose gates do not see the state."""
    if not find_cell(case.cell).hidden_gates:
        raise ValueError(f"cell {case.cell!r} has no recurrent weights; allowed: cells with gates that see the state")
