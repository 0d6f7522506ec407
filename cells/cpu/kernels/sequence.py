"""The time loop, forward and backward: one driver for every cell.

For each block of steps and the batch rows [first, last):

    slots[t] = bias + W_ih x[t]                             all steps of the block at once
    for t in block:
        slots[t, recurrent] += W_hh h[t]
        mask, slots[t, masked] += W_hh (masked state)       cells with a masked product only
        formula: slots[t], states[t] -> activations, states[t + 1]

with states numbered 0 to T, the start among them: step t goes from states[t] to states[t + 1], and h[t] is the first
of states[t]. Backward from the last step, where d_states[t + 1] already holds what later steps sent:

    d_states[t + 1, h] += d_output[t]
    formula: d_states[t + 1] -> d_slots[t], d_states[t]
    mask backward                                           cells with a masked product only
    d_states[t, h] += W_hh^T d_slots[t, recurrent]
    d_x[t] = W_ih^T d_slots[t]                              all steps of a block at once

Where a step of a row stands in slots and states says `Groups`: a group has its steps one after another, and the formula
runs over the units of all its rows as over one line of numbers. Groups of T steps keep all for the backward pass.

What a thread does is a `Share`. Rows of a batch never meet: a thread takes the groups [first, last) through the whole
sequence and waits for nobody (parties = 1). What two threads write lies far apart: side by side in memory their caches
would fight over it (measured: 1.5 times slower). With a single row the threads share its units: each is one of
`parties`, computes its part of the columns of every product, and meets the others at a barrier wherever somebody reads
what another has written.

Rows that end before the sequence does (`Ends`) run on to its last step, so that no product and no formula asks whose
row it has. What they do there reaches no earlier step; backward nothing comes from there, since dL/d output and
dL/d states past a row's end are zero, and dL/d final state enters at the row's own last step.
"""

from __future__ import annotations

from cells.cpu.arguments import BackwardWeights, Ends, ForwardWeights, Sequences, Units
from cells.cpu.kernels.pack import QUAD
from cells.cpu.kernels.product import Part
from cells.cpu.kernels.step import (
    ZERO,
    Block,
    MatrixRun,
    add_products,
    input_gradients,
    input_products,
    slot_rows,
    state_rows,
    sum_products,
)
from cells.cpu.kernels.units import backward_units, forward_units, has_mask, mask_backward_units, mask_units
from cells.cpu.kernels.vector import add, copy
from cells.cpu.layout import Groups, named_blocking, rows_between, rows_of, slot_place, state_of_row, state_place
from cells.cpu.threads.barrier import barrier
from cells.cpu.threads.fork import Share, do_or_keep, kept_task_of
from cells.kernel_cache import helper, inner, kernel


@helper
def _stop(share: Share, groups: Groups, c: int, right: int) -> int:
    """Return where the units of group c end for a thread: those of all rows, or its part of the single row's."""
    return right if share.parties > 1 else rows_of(groups, c) * groups.stride


@inner
def _forward_share(share, cell, blocking, weights, sequences, units, ends):
    """Run a share through all T steps.

    cell: the numbers of the cell, `cells.spec.CellNumbers`.
    blocking: `Blocking`, whose groups keep T steps, or one block: then slots and states are a window that is used again
        and again, and nothing is allocated per step.
    weights: `ForwardWeights`.
    sequences: `Sequences`; the output is written as the steps go.
    units: `Units`, with the start in states; gets every activation and state.
    ends: `Ends`, gets the final state of rows that end earlier.
    """
    groups, panels, block = blocking
    x, output = sequences
    slots, states = units
    first, last, party, parties, counter = share
    steps = x.shape[0]
    hidden = groups.hidden
    columns = groups.columns
    # Where threads share a row's units, `plan._panels` gives each whole panels that end at these very columns: a
    # formula reads only sums of its own thread, and needs no barrier between product and formula.
    left, right = columns * party // parties, columns * (party + 1) // parties
    rows = rows_between(groups, first, last)
    of_slot = slots.shape[1] * slots.shape[2]
    recurrent = MatrixRun(weights.recurrent, cell.recurrent_slots, panels.recurrent, panels.interleaved)
    masked = MatrixRun(weights.masked, cell.masked_slots, panels.masked, panels.interleaved)
    bias = weights.bias
    passed = 0

    for start in range(0, steps, block):
        count = min(block, steps - start)
        # Where all steps are kept a step's place is its time; else the window is used again for every block, and its
        # last state becomes its first.
        window_start = start if groups.steps == steps else 0
        if window_start < start:
            for s in range(cell.states):
                for c in range(first, last):
                    begin = state_place(groups, c, 0)
                    for k in range(left, _stop(share, groups, c, right)):
                        states[s, begin, k] = states[s, begin + block, k]
            passed = barrier(counter, parties, passed)
        for c in range(first, last):
            of_group = Block(c, start, count, window_start)
            part = Part(party, parties, ZERO)
            input_products(cell, weights, groups, x, slots, of_group, panels.many_rows, part)
        for t in range(window_start, window_start + count):
            part = Part(party, parties, t % 2)
            for p in range(cell.input_slots, cell.slots):
                for c in range(first, last):
                    for r in range(rows_of(groups, c)):
                        for k in range(left, right):
                            slots[p, slot_place(groups, c, t), r * groups.stride + k] = bias[p * columns + k]
            source = state_rows(groups, states, first, t)
            total = slot_rows(groups, slots, cell.recurrent_first, first, t)
            add_products(recurrent, groups, rows, source, total, of_slot, part)
            if has_mask(cell):
                for c in range(first, last):
                    place = slot_place(groups, c, t)
                    before = state_place(groups, c, t)
                    mask_units(cell, units, place, before, left, _stop(share, groups, c, right))
                passed = barrier(counter, parties, passed)
                source = slot_rows(groups, slots, cell.mask_slot, first, t)
                total = slot_rows(groups, slots, cell.masked_first, first, t)
                add_products(masked, groups, rows, source, total, of_slot, part)
            for c in range(first, last):
                place = slot_place(groups, c, t)
                before = state_place(groups, c, t)
                forward_units(cell, units, place, before, left, _stop(share, groups, c, right))
            now = start + t - window_start
            if output.size > 0:
                _copy_out(output, states, share, groups, now, t + 1, left, min(right, hidden))
            if ends.steps.size > 0:
                _copy_ends(ends, states, share, groups, now + 1, t + 1, left, min(right, hidden))
            passed = barrier(counter, parties, passed)


@inner
def _backward_share(share, cell, blocking, weights, units, d_sequences, d_units, ends):
    """Run a share back through all T steps.

    cell, units: as the forward pass left them; its groups kept T steps.
    weights: `BackwardWeights`.
    d_sequences: dL/d output is read, dL/d input is written; either may have no steps, see `Sequences`.
    d_units: gets dL/d slots. Its states have dL/d final state at T on entry, and get the total dL/d s_t at every t.
    ends: `Ends` with dL/d final state of rows that end earlier; T then has zero.
    """
    groups, panels, block = blocking
    d_x, d_output = d_sequences
    slots, _ = units
    d_slots, d_states = d_units
    first, last, party, parties, counter = share
    steps = groups.steps
    hidden = groups.hidden
    columns = groups.columns
    left, right = columns * party // parties, columns * (party + 1) // parties
    rows = rows_between(groups, first, last)
    of_slot = slots.shape[1] * slots.shape[2]
    recurrent = MatrixRun(weights.recurrent, cell.recurrent_slots, panels.back, panels.interleaved)
    masked = MatrixRun(weights.masked, cell.masked_slots, panels.back, panels.interleaved)
    passed = 0

    for t in range(steps - 1, -1, -1):
        part = Part(party, parties, t % 2)
        if d_output.size > 0:
            _add_in(d_states, d_output, share, groups, t, left, min(right, hidden))
        if ends.steps.size > 0:
            add_ends(d_states, ends, share, groups, t + 1, left, min(right, hidden))
        for c in range(first, last):
            place = slot_place(groups, c, t)
            before = state_place(groups, c, t)
            backward_units(cell, units, d_units, place, before, left, _stop(share, groups, c, right))
        if has_mask(cell):
            passed = barrier(counter, parties, passed)
            source = slot_rows(groups, d_slots, cell.masked_first, first, t)
            total = slot_rows(groups, d_slots, cell.mask_slot, first, t)
            sum_products(masked, groups, rows, source, of_slot, total, part)
            for c in range(first, last):
                place = slot_place(groups, c, t)
                before = state_place(groups, c, t)
                mask_backward_units(cell, units, d_units, place, before, left, _stop(share, groups, c, right))
        passed = barrier(counter, parties, passed)
        source = slot_rows(groups, d_slots, cell.recurrent_first, first, t)
        total = state_rows(groups, d_states, first, t)
        sum_products(recurrent, groups, rows, source, of_slot, total, part)
        if t % block == 0 and d_x.size > 0:
            count = min(block, steps - t)
            low, high = count * party // parties, count * (party + 1) // parties
            for c in range(first, last if low < high else first):
                of_group = Block(c, t + low, high - low, t + low)
                input_gradients(cell, weights.input, groups, d_slots, d_x, of_group)


@inner
def _copy_out(output, states, share, groups, now, step, left, right):
    """output[now] = h at `step` of the window, for the rows of a share and the units [left, right)."""
    _, batch, hidden = output.shape
    target, source = output.reshape(-1), states.reshape(-1)
    whole = (right - left) // QUAD * QUAD
    for b in range(share.first * groups.rows, min(share.last * groups.rows, batch)):
        place = (now * batch + b) * hidden + left
        start = state_of_row(groups, b, step) + left
        for k in range(0, whole, QUAD):
            copy(target, place + k, source, start + k, QUAD)
        for k in range(whole, right - left):
            target[place + k] = source[start + k]


@inner
def _copy_ends(ends, states, share, groups, now, step, left, right):
    """ends.states = all states at `step` of the window, for the rows of a share that end after `now` steps."""
    _, batch, hidden = ends.states.shape
    target, source = ends.states.reshape(-1), states.reshape(-1)
    of_state = states.shape[1] * states.shape[2]
    for b in range(share.first * groups.rows, min(share.last * groups.rows, batch)):
        if ends.steps[b] == now:
            for s in range(ends.states.shape[0]):
                start = s * of_state + state_of_row(groups, b, step)
                for k in range(left, right):
                    target[(s * batch + b) * hidden + k] = source[start + k]


@inner
def add_ends(d_states, ends, share, groups, step, left, right):
    """dL/d states after `step` steps += ends.states, for the rows of a share that end there."""
    _, batch, hidden = ends.states.shape
    target, source = d_states.reshape(-1), ends.states.reshape(-1)
    of_state = d_states.shape[1] * d_states.shape[2]
    for b in range(share.first * groups.rows, min(share.last * groups.rows, batch)):
        if ends.steps[b] == step:
            for s in range(ends.states.shape[0]):
                place = s * of_state + state_of_row(groups, b, step)
                for k in range(left, right):
                    target[place + k] += source[(s * batch + b) * hidden + k]


@inner
def _add_in(d_states, d_output, share, groups, now, left, right):
    """dL/dh after step `now` += d_output[now], for the rows of a share and the units [left, right)."""
    _, batch, hidden = d_output.shape
    target, source = d_states.reshape(-1), d_output.reshape(-1)
    whole = (right - left) // QUAD * QUAD
    for b in range(share.first * groups.rows, min(share.last * groups.rows, batch)):
        place = state_of_row(groups, b, now + 1) + left
        start = (now * batch + b) * hidden + left
        for k in range(0, whole, QUAD):
            add(target, place + k, source, start + k, QUAD)
        for k in range(whole, right - left):
            target[place + k] += source[start + k]


_forward_share_task = kept_task_of(_forward_share)


@kernel
def forward(worker_table, shares, cell, blocking, weights, sequences, units, ends, room):
    """Do all shares of `_forward_share`, or keep the task in `room`; all but cell and room are plain tuples."""
    named = (named_blocking(blocking), ForwardWeights(*weights), Sequences(*sequences), Units(*units))
    arguments = (cell, *named, Ends(*ends))
    do_or_keep(worker_table, shares, _forward_share_task(worker_table, shares, arguments, room), room)


_backward_share_task = kept_task_of(_backward_share)


@kernel
def backward(worker_table, shares, cell, blocking, weights, units, d_sequences, d_units, ends, room):
    """Do all shares of `_backward_share`, or keep the task in `room`; all but cell and room are plain tuples."""
    named = (named_blocking(blocking), BackwardWeights(*weights), Units(*units), Sequences(*d_sequences))
    arguments = (cell, *named, Units(*d_units), Ends(*ends))
    do_or_keep(worker_table, shares, _backward_share_task(worker_table, shares, arguments, room), room)
