"""The backward pass in log scale: from dL/dh of the last step back to the start, carried as (v, e) with v 2^e.

After each step a row's gradient of all states is divided by the power of two next to its norm, which is exact, and e
grows by it (frexp): a gradient of 1e-600 is a number here. No parameter is differentiated, so this is less work than
a backward pass. Arrays, shares and steps as in `sequence.backward`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cells.cpu.arguments import BackwardWeights, Ends, Units
from cells.cpu.kernels.product import Part
from cells.cpu.kernels.sequence import add_ends
from cells.cpu.kernels.step import ONE, ZERO, MatrixRun, slot_rows, state_rows, sum_products
from cells.cpu.kernels.units import backward_units, has_mask, mask_backward_units
from cells.cpu.layout import named_blocking, rows_between, rows_of, slot_place, state_of_row, state_place
from cells.cpu.threads.fork import fork, task_of
from cells.kernel_cache import inner, inner_in_any_order, kernel

LOW, HIGH = 1e-280, 1e280  # a sum of squares between them has lost nothing
SINGLE, DOUBLE = 120, 1000  # largest power of two that one step takes out: its reciprocal is a normal number too


class LogScale(NamedTuple):
    """Gradients of every step and row: norms (S + 1, T + 1, B) of v, the last of all states; exponents (T + 1, B)."""

    norms: NDArray[np.float64]
    exponents: NDArray[np.int64]


@inner_in_any_order
def _norm(values, start, count):
    """Return the L2 norm in float64; squares are summed in any order, so that it is vectors."""
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
def _measure(cell, d_states, share, groups, norms, step):
    """norms[s, step, b] = ||v|| of each state, for the rows of a share."""
    flat = d_states.reshape(-1)
    of_state = d_states.shape[1] * d_states.shape[2]
    for s in range(cell.states):
        for b in range(share.first * groups.rows, min(share.last * groups.rows, groups.batch)):
            norms[s, step, b] = _norm(flat, s * of_state + state_of_row(groups, b, step), groups.hidden)


@inner
def _rescale(cell, d_states, share, groups, scale, step, now):
    """Divide each row's gradient at `now` by a power of two: exponents[now] = exponents[step] + what was taken out.

    What stands there is dL/ds before the formulas of the step that made s: of c without the path through h, so that
    it is the gradient of the joint state. Its norm goes to norms[S, now].
    """
    norms, exponents = scale
    flat = d_states.reshape(-1)
    of_state = d_states.shape[1] * d_states.shape[2]
    most = DOUBLE if d_states.itemsize == 8 else SINGLE
    for b in range(share.first * groups.rows, min(share.last * groups.rows, groups.batch)):
        row = state_of_row(groups, b, now)
        joint = 0.0
        for s in range(cell.states):
            joint = math.hypot(joint, _norm(flat, row + s * of_state, groups.hidden))
        _, exponent = math.frexp(joint)
        taken = max(-most, min(most, exponent)) if math.isfinite(joint) else 0
        exponents[now, b] = exponents[step, b] + taken
        norms[cell.states, now, b] = math.ldexp(joint, -taken)
        if taken != 0:
            factor = math.ldexp(1.0, -taken)
            for s in range(cell.states):
                for k in range(row + s * of_state, row + s * of_state + groups.hidden):
                    flat[k] *= factor


@inner
def _profile_share(share, cell, blocking, weights, units, d_units, scale, ends):
    """Run a share of whole rows back through all T steps.

    cell, blocking, weights, units: as in `sequence.backward`.
    d_units: room for dL/d slots and states; its states have dL/d final state at T on entry.
    scale: `LogScale`, gets ||v|| of each state and of the joint one, and e.
    ends: `Ends` with dL/d final state of rows that end earlier; T then has zero.
    """
    groups, panels, _ = blocking
    d_slots, d_states = d_units
    norms, exponents = scale
    first, last, _, _, _ = share
    steps = norms.shape[1] - 1
    rows = rows_between(groups, first, last)
    of_slot = d_slots.shape[1] * d_slots.shape[2]
    recurrent = MatrixRun(weights.recurrent, cell.recurrent_slots, panels.back, panels.interleaved)
    masked = MatrixRun(weights.masked, cell.masked_slots, panels.back, panels.interleaved)

    exponents[steps, first * groups.rows : first * groups.rows + rows] = 0
    if ends.steps.size > 0:
        add_ends(d_states, ends, share, groups, steps, 0, groups.hidden)
    _rescale(cell, d_states, share, groups, scale, steps, steps)
    for t in range(steps - 1, -1, -1):
        part = Part(ZERO, ONE, t % 2)
        for c in range(first, last):
            place = slot_place(groups, c, t)
            before = state_place(groups, c, t)
            backward_units(cell, units, d_units, place, before, 0, rows_of(groups, c) * groups.stride)
        _measure(cell, d_states, share, groups, norms, t + 1)
        if has_mask(cell):
            source = slot_rows(groups, d_slots, cell.masked_first, first, t)
            total = slot_rows(groups, d_slots, cell.mask_slot, first, t)
            sum_products(masked, groups, rows, source, of_slot, total, part)
            for c in range(first, last):
                place = slot_place(groups, c, t)
                before = state_place(groups, c, t)
                mask_backward_units(cell, units, d_units, place, before, 0, rows_of(groups, c) * groups.stride)
        source = slot_rows(groups, d_slots, cell.recurrent_first, first, t)
        total = state_rows(groups, d_states, first, t)
        sum_products(recurrent, groups, rows, source, of_slot, total, part)
        if ends.steps.size > 0:
            add_ends(d_states, ends, share, groups, t, 0, groups.hidden)
        _rescale(cell, d_states, share, groups, scale, t + 1, t)
    _measure(cell, d_states, share, groups, norms, 0)


_profile_share_task = task_of(_profile_share)


@kernel
def profile(worker_table, shares, cell, blocking, weights, units, d_units, scale, ends):
    """Do all shares of `_profile_share`; all but the cell are plain tuples."""
    named = (named_blocking(blocking), BackwardWeights(*weights), Units(*units), Units(*d_units), LogScale(*scale))
    arguments = (cell, *named, Ends(*ends))
    fork(worker_table, shares, _profile_share_task(worker_table, shares, arguments))
