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

Arrays: slots (P, W, B * H), states (S, W + 1, B * H), with W steps in a window and H padded to whole vectors. The
rows of a batch stand one after another, so that the formula runs over all units of all rows of a step as over one
line of numbers; and so do the steps of a slot, so that products over steps and rows have one stride. W = T keeps
everything for the backward pass.

A share of the work is (first, last, party, parties, counter). Rows of a batch never meet: a thread takes the
rows [first, last) through the whole sequence and waits for nobody (parties = 1). With a single row the threads share
its units: each is one of `parties`, computes its part of the columns of every product, and meets the others at a
barrier wherever somebody reads what another has written.
"""

from __future__ import annotations

from typing import Any

from numba.extending import overload, register_jitable

from cells.cpu.cache import kernel
from cells.cpu.fork import fork, task_of
from cells.cpu.product import add_row_product, product
from cells.cpu.target import target
from cells.cpu.vector import add, copy, lines
from cells.cpu.waiting import barrier
from cells.formula import INLINE
from cells.registry import CELLS
from cells.spec import CellSpec

VECTOR_BYTES, CHUNK_BYTES, QUAD = target().vector_bytes, target().chunk_bytes, target().vector_bytes // 8
TALL = target().vectors  # vectors of a panel of input weights on the way back


def _spec_of(cell_type: Any) -> CellSpec:
    """The cell whose marker has this numba type."""
    return next(spec for spec in CELLS.values() if spec.marker is cell_type.instance_class)


def unit_forward(cell, k, slots, previous, state):
    """Compiled to the `forward` of the cell's file."""
    raise NotImplementedError


def unit_backward(cell, k, slots, previous, state, d_slots, d_state, d_previous):
    """Compiled to the `backward` of the cell's file."""
    raise NotImplementedError


def unit_mask(cell, k, slots, previous):
    """Compiled to the `mask` of the cell's file; nothing in a cell without one."""
    raise NotImplementedError


def unit_mask_backward(cell, k, slots, previous, d_slots, d_previous):
    """Compiled to the `mask_backward` of the cell's file; nothing in a cell without one."""
    raise NotImplementedError


@overload(unit_forward, jit_options=INLINE)
def _forward(cell, k, slots, previous, state):
    return _spec_of(cell).forward


@overload(unit_backward, jit_options=INLINE)
def _backward(cell, k, slots, previous, state, d_slots, d_state, d_previous):
    return _spec_of(cell).backward


@overload(unit_mask, jit_options=INLINE)
def _mask(cell, k, slots, previous):
    return _spec_of(cell).mask or (lambda cell, k, slots, previous: None)


@overload(unit_mask_backward, jit_options=INLINE)
def _mask_backward(cell, k, slots, previous, d_slots, d_previous):
    nothing = lambda cell, k, slots, previous, d_slots, d_previous: None  # noqa: E731 - numba needs a function
    return _spec_of(cell).mask_backward or nothing


@kernel
def _forward_share(share, cell, x, w_input, w_recurrent, w_masked, bias, slots, states, output, block, panels):
    """Run a share through all T steps of x (T, B, I).

    The w are packed slot by slot; bias: (P * H,). output: (T, B, H) unpadded, written as the steps go, or (0, B, H)
    for none. block: steps whose input products are taken together, at most W. Where W < T, slots and states are a
    window of `block` steps that is used again and again: nothing is allocated per step. panels: (tall, recurrent,
    masked, beside) of `plan.Panels`.
    """
    first, last, party, parties, counter = share
    tall, recurrent, masked, beside = panels
    steps, batch, _ = x.shape
    out, flat = output.reshape(-1), states.reshape(-1)
    hidden, width = output.shape[2], slots.shape[2] // batch
    columns = _whole_vectors(hidden, slots.itemsize)
    rows, row, passed = last - first, first * width, 0
    left, right = columns * party // parties, columns * (party + 1) // parties
    begin, end = (left, right) if parties > 1 else (row, last * width)

    for start in range(0, steps, block):
        count = min(block, steps - start)
        place = start if slots.shape[1] == steps else 0
        if place < start:
            for s in range(cell.states):
                for k in range(begin, end):
                    states[s, 0, k] = states[s, block, k]
            passed = barrier(counter, parties, passed)
        input_products(cell, first, last, x, start, count, w_input, bias, slots, place, tall, party, parties)
        for t in range(place, place + count):
            for p in range(cell.inputs, cell.slots):
                for b in range(first, last):
                    for k in range(left, right):
                        slots[p, t, b * width + k] = bias[p * columns + k]
            source, total = address(states, 0, t, row), address(slots, cell.recurrent_first, t, row)
            given = (source, total, width, rows, hidden, columns, party, parties, t % 2)
            add_products(slots, w_recurrent, cell.recurrent, recurrent, beside, given)
            if cell.masked > 0:
                mask_units(cell, slots, states, t, begin, end)
                passed = barrier(counter, parties, passed)
                source, total = address(slots, cell.mask_slot, t, row), address(slots, cell.masked_first, t, row)
                given = (source, total, width, rows, hidden, columns, party, parties, t % 2)
                add_products(slots, w_masked, cell.masked, masked, beside, given)
            forward_units(cell, slots, states, t, begin, end)
            if output.size > 0:
                for b in range(first, last):
                    of_row, of_units = ((start + t - place) * batch + b) * hidden, min(right, hidden) - left
                    _copy_row(out, of_row + left, flat, ((t + 1) * batch + b) * width + left, of_units)
            passed = barrier(counter, parties, passed)


@kernel
def _backward_share(
    share, cell, w_input, w_recurrent, w_masked, slots, states, d_output, d_slots, d_states, d_x, block, panels
):
    """Run a share back through all T steps.

    d_output: (T, B, H) unpadded. d_slots: as slots. d_states: as states, with d_states[:, T] set to dL/d final state
    on entry; on return d_states[:, t] is the total dL/d s_t. d_x: (T, B, I), I padded. The w are packed from the
    transposed weights, slot by slot. block: steps whose input gradients are taken together. panels: (back, beside).
    """
    first, last, party, parties, counter = share
    panel, beside = panels
    steps, batch, hidden = d_output.shape
    given, flat = d_output.reshape(-1), d_states.reshape(-1)
    width, columns = slots.shape[2] // batch, _whole_vectors(hidden, slots.itemsize)
    rows, row, passed = last - first, first * width, 0
    left, right = columns * party // parties, columns * (party + 1) // parties
    begin, end = (left, right) if parties > 1 else (row, last * width)

    for t in range(steps - 1, -1, -1):
        for b in range(first, last):
            to, at = ((t + 1) * batch + b) * width + left, (t * batch + b) * hidden + left
            _add_row(flat, to, given, at, min(right, hidden) - left)
        backward_units(cell, slots, states, d_slots, d_states, t, begin, end)
        if cell.masked > 0:
            passed = barrier(counter, parties, passed)
            source, total = address(d_slots, cell.masked_first, t, row), address(d_slots, cell.mask_slot, t, row)
            whole = (source, total, width, rows, hidden, columns, party, parties, t % 2)
            sum_products(d_slots, w_masked, cell.masked, panel, beside, whole)
            mask_backward_units(cell, slots, states, d_slots, d_states, t, begin, end)
        passed = barrier(counter, parties, passed)
        source, total = address(d_slots, cell.recurrent_first, t, row), address(d_states, 0, t, row)
        whole = (source, total, width, rows, hidden, columns, party, parties, t % 2)
        sum_products(d_slots, w_recurrent, cell.recurrent, panel, beside, whole)
        if t % block == 0:
            count = min(block, steps - t)
            low, high = count * party // parties, count * (party + 1) // parties
            if low < high:
                input_gradients(cell, first, last, d_slots, t + low, high - low, w_input, hidden, d_x)


@register_jitable
def _whole_vectors(size, itemsize):
    """As `pack.width`."""
    lanes = VECTOR_BYTES // itemsize
    return (size + lanes - 1) // lanes * lanes


@register_jitable
def _copy_row(out, place, source, start, count):
    """out[place : place + count] = source[start : start + count]; state h is the first in a flat array of states."""
    whole = count // QUAD * QUAD
    for k in range(0, whole, QUAD):
        copy(out, place + k, source, start + k, QUAD)
    for k in range(whole, count):
        out[place + k] = source[start + k]


@register_jitable
def _add_row(out, place, source, start, count):
    """out[place : place + count] += source[start : start + count]."""
    whole = count // QUAD * QUAD
    for k in range(0, whole, QUAD):
        add(out, place + k, source, start + k, QUAD)
    for k in range(whole, count):
        out[place + k] += source[start + k]


@register_jitable
def address(array, p, t, k):
    """Address of array[p, t, k]."""
    return array.ctypes.data + ((p * array.shape[1] + t) * array.shape[2] + k) * array.itemsize


# The products of one step. `weights` are packed matrices of H x H, one for each slot of a run. `given` is (source,
# total, width, rows, hidden, columns, party, parties, reverse), with the address of the first number read and written,
# the stride of the rows, and the rest as in `product`. Every other step takes matrices and panels the other way round.


@kernel
def add_products(slots, weights, matrices, panel, beside, given):
    """total[m, r] += W_m source[r] for each slot m of a run of `slots`."""
    source, total, width, rows, hidden, columns, party, parties, reverse = given
    slot, size, first = slots.shape[1] * slots.shape[2], slots.itemsize, weights.ctypes.data
    if beside:
        add_row_product(slots, first, matrices, panel, source, hidden, total, slot, columns, party, parties, reverse)
        return
    for q in range(matrices):
        m = matrices - 1 - q if reverse else q
        w, out = first + m * hidden * columns * size, total + m * slot * size
        product(
            slots, w, panel, source, width, 1, hidden, out, width, out, width, rows, columns, party, parties, reverse
        )


@kernel
def sum_products(d_slots, weights, matrices, panel, beside, given):
    """total[r] += sum over m of W_m source[m, r], m through a run of `d_slots`."""
    source, total, width, rows, hidden, columns, party, parties, reverse = given
    slot, size, first = d_slots.shape[1] * d_slots.shape[2], d_slots.itemsize, weights.ctypes.data
    for q in range(matrices):
        m = matrices - 1 - q if reverse else q
        w, a = first + m * hidden * columns * size, source + m * slot * size
        if beside:
            add_row_product(d_slots, w, 1, panel, a, hidden, total, 0, columns, party, parties, reverse)
        else:
            product(
                d_slots,
                w,
                panel,
                a,
                width,
                1,
                hidden,
                total,
                width,
                total,
                width,
                rows,
                columns,
                party,
                parties,
                reverse,
            )


# The products of the input take the steps of a block together. A share that is the whole batch has its rows of all
# steps one after another; rows of a part of the batch are taken along the steps or along the batch, whichever is more.


@register_jitable
def _runs(rows, batch, count):
    """How many products, how many rows in each, and the stride of their rows in rows of the whole."""
    if rows == batch:
        return 1, rows * count, 1
    return (rows, count, batch) if count > rows else (count, rows, 1)


@kernel
def input_products(cell, first, last, x, start, count, w_input, bias, slots, place, panel, party, parties):
    """slots[place + t] = bias + W_ih x[start + t] for t < count."""
    _, batch, inputs = x.shape
    width, columns, size = slots.shape[2] // batch, bias.size // cell.slots, x.itemsize
    products, tall, stride = _runs(last - first, batch, count)
    x_row, row = stride * inputs, stride * width
    for p in range(cell.inputs):
        w_at, bias_at = w_input.ctypes.data + p * inputs * columns * size, bias.ctypes.data + p * columns * size
        for i in range(products):
            begin = first + (i if stride > 1 else i * batch)
            source = x.ctypes.data + (start * batch + begin) * inputs * size
            out = address(slots, p, place, begin * width)
            product(x, w_at, panel, source, x_row, 1, inputs, bias_at, 0, out, row, tall, columns, party, parties, 0)


@kernel
def input_gradients(cell, first, last, d_slots, start, count, w_input, hidden, d_x):
    """d_x[t] = W_ih^T d_slots[t] for t in [start, start + count)."""
    _, batch, inputs = d_x.shape
    width, size = d_slots.shape[2] // batch, d_x.itemsize
    products, tall, stride = _runs(last - first, batch, count)
    row, x_row = stride * width, stride * inputs
    d_x[start : start + count, first:last] = 0
    for i in range(products):
        begin = first + (i if stride > 1 else i * batch)
        out = address(d_x, start, begin, 0)
        for p in range(cell.inputs):
            w_at, source = w_input.ctypes.data + p * hidden * inputs * size, address(d_slots, p, start, begin * width)
            product(d_x, w_at, TALL, source, row, 1, hidden, out, x_row, out, x_row, tall, inputs, 0, 1, 0)


# The formulas, over all units of all rows of a step: one line of numbers, a vector at a time (see `vector`).


@kernel
def forward_units(cell, slots, states, t, begin, end):
    """The units [begin, end) of step t: pre-activations to activations and states[:, t + 1]."""
    slot, before, after = lines(slots, t), lines(states, t), lines(states, t + 1)
    for k in range(begin, end, CHUNK_BYTES // slots.itemsize):
        unit_forward(cell, k, slot, before, after)


@kernel
def mask_units(cell, slots, states, t, begin, end):
    """The masked state of step t, for the second product."""
    slot, before = lines(slots, t), lines(states, t)
    for k in range(begin, end, CHUNK_BYTES // slots.itemsize):
        unit_mask(cell, k, slot, before)


@kernel
def backward_units(cell, slots, states, d_slots, d_states, t, begin, end):
    """From d_states[:, t + 1] to d_slots[:, t] and what of d_states[:, t] passes no product."""
    slot, before, after = lines(slots, t), lines(states, t), lines(states, t + 1)
    d_slot, d_before, d_after = lines(d_slots, t), lines(d_states, t), lines(d_states, t + 1)
    for k in range(begin, end, CHUNK_BYTES // slots.itemsize):
        unit_backward(cell, k, slot, before, after, d_slot, d_after, d_before)


@kernel
def mask_backward_units(cell, slots, states, d_slots, d_states, t, begin, end):
    """From dL/d masked state in its slot to the slots and states it came from."""
    slot, before, d_slot, d_before = lines(slots, t), lines(states, t), lines(d_slots, t), lines(d_states, t)
    for k in range(begin, end, CHUNK_BYTES // slots.itemsize):
        unit_mask_backward(cell, k, slot, before, d_slot, d_before)


_forward_share_task = task_of(_forward_share)


@kernel
def forward(crew, shares, cell, x, w_input, w_recurrent, w_masked, bias, slots, states, output, block, panels):
    """All shares of `_forward_share`."""
    given = (cell, x, w_input, w_recurrent, w_masked, bias, slots, states, output, block, panels)
    fork(crew, shares, _forward_share_task(crew, shares, given))


_backward_share_task = task_of(_backward_share)


@kernel
def backward(
    crew, shares, cell, w_input, w_recurrent, w_masked, slots, states, d_output, d_slots, d_states, d_x, block, panels
):
    """All shares of `_backward_share`."""
    given = (cell, w_input, w_recurrent, w_masked, slots, states, d_output, d_slots, d_states, d_x, block, panels)
    fork(crew, shares, _backward_share_task(crew, shares, given))
