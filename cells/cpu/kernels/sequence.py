"""The time loop, forward and backward: one driver for every cell.

For each block of steps and the batch rows [first, last):

    slots[t] = bias + W_ih x[t]                             all steps of the block at once
    for t in block:
        slots[t, recurrent] += W_hh h[t - 1]
        mask, slots[t, masked] += W_hh (masked state)       cells with a masked product only
        formula: slots[t], states[t - 1] -> activations, states[t]

and backward from the last step, where d_states[t + 1] already holds what later steps sent:

    d_states[t + 1, h] += d_output[t]
    formula: d_states[t + 1] -> d_slots[t], d_states[t]
    mask backward                                           cells with a masked product only
    d_states[t, h] += W_hh^T d_slots[t, recurrent]
    d_x[t] = W_ih^T d_slots[t]                              all steps of a block at once

Arrays: slots (P, C * W, G * H), states (S, C * (W + 1), G * H), for C groups of G rows of the batch, W steps in a
window, and H padded to whole chunks. The last group may have fewer rows; the window may be a step longer, see
`pack.window`. A group has its steps one after another, and the formula runs over the units of all its rows as over one
line of numbers. W >= T keeps everything for the backward pass.

A share of the work is (first, last, party, parties, counter). Rows of a batch never meet: a thread takes the groups
[first, last) through the whole sequence and waits for nobody (parties = 1). What two threads write lies far apart:
side by side in memory their caches would fight over it (measured: 1.5 times slower). With a single row the threads
share its units: each is one of `parties`, computes its part of the columns of every product, and meets the others at a
barrier wherever somebody reads what another has written.
"""

from __future__ import annotations

from numba.extending import register_jitable

from cells.cpu.kernels.step import ZERO, add_products, address, input_gradients, input_products, sum_products
from cells.cpu.kernels.units import backward_units, forward_units, mask_backward_units, mask_units
from cells.cpu.kernels.vector import add, copy
from cells.cpu.target import target
from cells.cpu.threads.barrier import barrier
from cells.cpu.threads.fork import fork, task_of
from cells.kernel_cache import inner, kernel

VECTOR_BYTES, QUAD = target().vector_bytes, target().vector_bytes // 8


@inner
def _forward_share(
    share, cell, x, w_input, w_recurrent, w_masked, bias, slots, states, output, block, held, group, panels
):
    """Run a share through all T steps of x (T, B, I).

    The w are packed slot by slot; bias: (P * H,). output: (T, B, H) unpadded, written as the steps go, or (0, B, H)
    for none. block: steps whose input products are taken together. held: T where slots and states keep every step; else
    `block`, and they are a window that is used again and again: nothing is allocated per step. group: G. panels: (tall,
    recurrent, masked, beside) of `plan.Panels`.
    """
    first, last, party, parties, counter = share
    tall, recurrent, masked, beside = panels
    steps, batch, _ = x.shape
    hidden, width, columns = output.shape[2], slots.shape[2] // group, whole_vectors(output.shape[2], slots.itemsize)
    groups = (batch + group - 1) // group
    window, of_states = slots.shape[1] // groups, states.shape[1] // groups
    left, right = columns * party // parties, columns * (party + 1) // parties
    rows, passed = min(last * group, batch) - first * group, 0
    shape, of_slots, of_h = (rows, group, hidden, columns), window * slots.shape[2], of_states * slots.shape[2]
    units = right if parties > 1 else 0  # of a group, or 0: all

    for start in range(0, steps, block):
        count = min(block, steps - start)
        place = start if held == steps else 0
        if place < start:
            for s in range(cell.states):
                for c in range(first, last):
                    for k in range(left, units or rows_in(c, group, batch) * width):
                        states[s, c * of_states, k] = states[s, c * of_states + block, k]
            passed = barrier(counter, parties, passed)
        for c in range(first, last):
            at, of_group = c * window + place, rows_in(c, group, batch)
            input_products(
                cell, c, of_group, group, x, start, count, w_input, bias, slots, at, tall, (party, parties, ZERO)
            )
        for t in range(place, place + count):
            part = (party, parties, t % 2)
            for p in range(cell.inputs, cell.slots):
                for c in range(first, last):
                    for r in range(rows_in(c, group, batch)):
                        for k in range(left, right):
                            slots[p, c * window + t, r * width + k] = bias[p * columns + k]
            source = (address(states, 0, first * of_states + t), width, of_h)
            total = (address(slots, cell.recurrent_first, first * window + t), width, of_slots)
            add_products(slots, w_recurrent, cell.recurrent, recurrent, beside, source, total, shape, part)
            if cell.masked > 0:
                for c in range(first, last):
                    end = units or rows_in(c, group, batch) * width
                    mask_units(cell, slots, states, c * window + t, c * of_states + t, left, end)
                passed = barrier(counter, parties, passed)
                source = (address(slots, cell.mask_slot, first * window + t), width, of_slots)
                total = (address(slots, cell.masked_first, first * window + t), width, of_slots)
                add_products(slots, w_masked, cell.masked, masked, beside, source, total, shape, part)
            for c in range(first, last):
                end = units or rows_in(c, group, batch) * width
                forward_units(cell, slots, states, c * window + t, c * of_states + t, left, end)
            if output.size > 0:
                now = start + t - place
                _copy_out(output, states, now, t + 1, first, last, group, of_states, left, min(right, hidden))
            passed = barrier(counter, parties, passed)


@inner
def _backward_share(
    share, cell, w_input, w_recurrent, w_masked, slots, states, d_output, d_slots, d_states, d_x, block, group, panels
):
    """Run a share back through all T steps.

    d_output: (T, B, H) unpadded. d_slots: as slots. d_states: as states, with d_states[:, T] set to dL/d final state
    on entry; on return d_states[:, t] is the total dL/d s_t. d_x: (T, B, I), I padded. The w are packed from the
    transposed weights, slot by slot. block: steps whose input gradients are taken together. panels: (back, beside).
    """
    first, last, party, parties, counter = share
    panel, beside = panels
    steps, batch, hidden = d_output.shape
    width, columns = slots.shape[2] // group, whole_vectors(hidden, slots.itemsize)
    groups = (batch + group - 1) // group
    window, of_states = slots.shape[1] // groups, states.shape[1] // groups
    left, right = columns * party // parties, columns * (party + 1) // parties
    rows, passed = min(last * group, batch) - first * group, 0
    shape, of_slots, of_h = (rows, group, hidden, columns), window * slots.shape[2], of_states * slots.shape[2]
    units = right if parties > 1 else 0

    for t in range(steps - 1, -1, -1):
        part = (party, parties, t % 2)
        _add_in(d_states, d_output, t + 1, t, first, last, group, of_states, left, min(right, hidden))
        for c in range(first, last):
            end = units or rows_in(c, group, batch) * width
            backward_units(cell, slots, states, d_slots, d_states, c * window + t, c * of_states + t, left, end)
        if cell.masked > 0:
            passed = barrier(counter, parties, passed)
            source = (address(d_slots, cell.masked_first, first * window + t), width, of_slots)
            total = (address(d_slots, cell.mask_slot, first * window + t), width, of_slots)
            sum_products(d_slots, w_masked, cell.masked, panel, beside, source, total, shape, part)
            for c in range(first, last):
                end = units or rows_in(c, group, batch) * width
                mask_backward_units(
                    cell, slots, states, d_slots, d_states, c * window + t, c * of_states + t, left, end
                )
        passed = barrier(counter, parties, passed)
        source = (address(d_slots, cell.recurrent_first, first * window + t), width, of_slots)
        total = (address(d_states, 0, first * of_states + t), width, of_h)
        sum_products(d_slots, w_recurrent, cell.recurrent, panel, beside, source, total, shape, part)
        if t % block == 0:
            count = min(block, steps - t)
            low, high = count * party // parties, count * (party + 1) // parties
            for c in range(first, last if low < high else first):
                at, of_group = c * window + t + low, rows_in(c, group, batch)
                input_gradients(cell, c, of_group, group, d_slots, at, t + low, high - low, w_input, hidden, d_x)


@register_jitable
def rows_in(c, group, batch):
    """Rows of the batch in group c."""
    return min(group, batch - c * group)


@register_jitable
def whole_vectors(size, itemsize):
    """As `pack.width`."""
    lanes = VECTOR_BYTES // itemsize
    return (size + lanes - 1) // lanes * lanes


@inner
def _copy_out(output, states, now, step, first, last, group, of_states, left, right):
    """output[now] = h at `step` of the window, for the rows of the groups [first, last) and the units [left, right)."""
    _, batch, hidden = output.shape
    to, source, width = output.reshape(-1), states.reshape(-1), states.shape[2] // group
    whole = (right - left) // QUAD * QUAD
    for b in range(first * group, min(last * group, batch)):
        place = (now * batch + b) * hidden + left
        start = (b // group * of_states + step) * states.shape[2] + b % group * width + left
        for k in range(0, whole, QUAD):
            copy(to, place + k, source, start + k, QUAD)
        for k in range(whole, right - left):
            to[place + k] = source[start + k]


@inner
def _add_in(d_states, d_output, step, now, first, last, group, of_states, left, right):
    """dL/dh at `step` += d_output[now], as `_copy_out`."""
    _, batch, hidden = d_output.shape
    to, source, width = d_states.reshape(-1), d_output.reshape(-1), d_states.shape[2] // group
    whole = (right - left) // QUAD * QUAD
    for b in range(first * group, min(last * group, batch)):
        place = (b // group * of_states + step) * d_states.shape[2] + b % group * width + left
        start = (now * batch + b) * hidden + left
        for k in range(0, whole, QUAD):
            add(to, place + k, source, start + k, QUAD)
        for k in range(whole, right - left):
            to[place + k] += source[start + k]


_forward_share_task = task_of(_forward_share)


@kernel
def forward(
    crew, shares, cell, x, w_input, w_recurrent, w_masked, bias, slots, states, output, block, held, group, panels
):
    """All shares of `_forward_share`."""
    given = (cell, x, w_input, w_recurrent, w_masked, bias, slots, states, output, block, held, group, panels)
    fork(crew, shares, _forward_share_task(crew, shares, given))


_backward_share_task = task_of(_backward_share)


@kernel
def backward(
    crew,
    shares,
    cell,
    w_input,
    w_recurrent,
    w_masked,
    slots,
    states,
    d_output,
    d_slots,
    d_states,
    d_x,
    block,
    group,
    panels,
):
    """All shares of `_backward_share`."""
    given = (
        cell,
        w_input,
        w_recurrent,
        w_masked,
        slots,
        states,
        d_output,
        d_slots,
        d_states,
        d_x,
        block,
        group,
        panels,
    )
    fork(crew, shares, _backward_share_task(crew, shares, given))
