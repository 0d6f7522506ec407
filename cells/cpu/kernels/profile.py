"""The backward pass in log scale: from dL/dh of the last step back to the start, carried as (v, e) with v 2^e.

After each step a row's gradient of all states is divided by the power of two next to its norm, which is exact, and e
grows by it (frexp): a gradient of 1e-600 is a number here. No parameter is differentiated, so this is less work than
a backward pass. Arrays, shares and steps as in `sequence.backward`.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from cells.cpu.kernels.sequence import rows_in, whole_vectors
from cells.cpu.kernels.step import ONE, ZERO, address, sum_products
from cells.cpu.kernels.units import backward_units, mask_backward_units
from cells.cpu.threads.fork import fork, task_of
from cells.kernel_cache import inner, kernel
from cells.lowering import FAST

LOW, HIGH = 1e-280, 1e280  # a sum of squares between them has lost nothing
SINGLE, DOUBLE = 120, 1000  # largest power of two that one step takes out: its reciprocal is a normal number too


@njit(error_model="numpy", fastmath=FAST | {"reassoc"})
def _norm(values, start, count):
    """L2 norm in float64; squares are summed in any order, so that it is vectors."""
    total = 0.0
    for k in range(start, start + count):
        total += np.float64(values[k]) * np.float64(values[k])
    if LOW < total < HIGH or math.isnan(total):
        return math.sqrt(total)
    # The squares of float64 may leave its range where the numbers do not: a step may take away 200 decades.
    largest = 0.0
    for k in range(start, start + count):
        largest = max(largest, abs(np.float64(values[k])))
    if largest == 0.0 or math.isinf(largest):
        return largest
    total = 0.0
    for k in range(start, start + count):
        part = np.float64(values[k]) / largest
        total += part * part
    return largest * math.sqrt(total)


@inner
def _measure(cell, d_states, norms, step, first, last, group, of_states, batch, hidden):
    """norms[s, step, b] = ||v|| of each state, for the rows of the groups [first, last)."""
    flat, width = d_states.reshape(-1), d_states.shape[2] // group
    for s in range(cell.states):
        for b in range(first * group, min(last * group, batch)):
            row = s * d_states.shape[1] + b // group * of_states + step
            norms[s, step, b] = _norm(flat, row * d_states.shape[2] + b % group * width, hidden)


@inner
def _rescale(cell, d_states, norms, exponents, step, now, first, last, group, of_states, batch, hidden):
    """Divide each row's gradient at `now` by a power of two: exponents[now] = exponents[step] + what was taken out.

    What stands there is dL/ds before the formulas of the step that made s: of c without the path through h, so that
    it is the gradient of the joint state. Its norm goes to norms[S, now].
    """
    flat, width = d_states.reshape(-1), d_states.shape[2] // group
    most = DOUBLE if d_states.itemsize == 8 else SINGLE
    for b in range(first * group, min(last * group, batch)):
        row, joint = (b // group * of_states + now) * d_states.shape[2] + b % group * width, 0.0
        of_s = d_states.shape[1] * d_states.shape[2]
        for s in range(cell.states):
            joint = math.hypot(joint, _norm(flat, row + s * of_s, hidden))
        _, exponent = math.frexp(joint)
        taken = max(-most, min(most, exponent)) if math.isfinite(joint) else 0
        exponents[now, b] = exponents[step, b] + taken
        norms[cell.states, now, b] = math.ldexp(joint, -taken)
        if taken != 0:
            scale = math.ldexp(1.0, -taken)
            for s in range(cell.states):
                for k in range(row + s * of_s, row + s * of_s + hidden):
                    flat[k] *= scale


@inner
def _profile_share(
    share, cell, w_recurrent, w_masked, slots, states, d_slots, d_states, norms, exponents, group, panels, hidden
):
    """Run a share of whole rows back through all T steps.

    d_states: as states, with d_states[:, T] set to dL/d final state on entry. norms: (S + 1, T + 1, B) float64, gets
    ||v|| of each state and of the joint one. exponents: (T + 1, B) int64, gets e.
    """
    first, last, _, _, _ = share
    panel, beside = panels
    steps, batch = norms.shape[1] - 1, norms.shape[2]
    width, groups = slots.shape[2] // group, (batch + group - 1) // group
    window, of_states, columns = (
        slots.shape[1] // groups,
        states.shape[1] // groups,
        whole_vectors(hidden, slots.itemsize),
    )
    rows = min(last * group, batch) - first * group
    shape, of_slots, of_h = (rows, group, hidden, columns), window * slots.shape[2], of_states * slots.shape[2]

    exponents[steps, first * group : first * group + rows] = 0
    _rescale(cell, d_states, norms, exponents, steps, steps, first, last, group, of_states, batch, hidden)
    for t in range(steps - 1, -1, -1):
        part = (ZERO, ONE, t % 2)
        for c in range(first, last):
            at, before, end = c * window + t, c * of_states + t, rows_in(c, group, batch) * width
            backward_units(cell, slots, states, d_slots, d_states, at, before, 0, end)
        _measure(cell, d_states, norms, t + 1, first, last, group, of_states, batch, hidden)
        if cell.masked > 0:
            source = (address(d_slots, cell.masked_first, first * window + t), width, of_slots)
            total = (address(d_slots, cell.mask_slot, first * window + t), width, of_slots)
            sum_products(d_slots, w_masked, cell.masked, panel, beside, source, total, shape, part)
            for c in range(first, last):
                at, before, end = c * window + t, c * of_states + t, rows_in(c, group, batch) * width
                mask_backward_units(cell, slots, states, d_slots, d_states, at, before, 0, end)
        source = (address(d_slots, cell.recurrent_first, first * window + t), width, of_slots)
        total = (address(d_states, 0, first * of_states + t), width, of_h)
        sum_products(d_slots, w_recurrent, cell.recurrent, panel, beside, source, total, shape, part)
        _rescale(cell, d_states, norms, exponents, t + 1, t, first, last, group, of_states, batch, hidden)
    _measure(cell, d_states, norms, 0, first, last, group, of_states, batch, hidden)


_profile_share_task = task_of(_profile_share)


@kernel
def profile(
    crew,
    shares,
    cell,
    w_recurrent,
    w_masked,
    slots,
    states,
    d_slots,
    d_states,
    norms,
    exponents,
    group,
    panels,
    hidden,
):
    """All shares of `_profile_share`."""
    given = (cell, w_recurrent, w_masked, slots, states, d_slots, d_states, norms, exponents, group, panels, hidden)
    fork(crew, shares, _profile_share_task(crew, shares, given))
