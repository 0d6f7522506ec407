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
everything for the backward pass. Rows of a batch never meet: a thread takes some of them through the whole sequence
and waits for nobody.
"""

from __future__ import annotations

from typing import Any

from numba.extending import overload, register_jitable

from cells.cpu.cache import kernel
from cells.cpu.product import product
from cells.cpu.target import target
from cells.cpu.vector import add, copy, lines
from cells.formula import INLINE
from cells.registry import CELLS
from cells.spec import CellSpec

CHUNK_BYTES, QUAD = target().chunk_bytes, target().vector_bytes // 8
TALL = target().vectors  # vectors of a panel of input weights: their products have many rows, steps or samples


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
def forward(cell, first, last, x, w_input, w_recurrent, w_masked, bias, slots, states, output, block, panel):
    """Run the rows [first, last) through all T steps of x (T, B, I).

    The w are packed slot by slot; bias: (P * H,). output: (T, B, H) unpadded, written as the steps go, or (0, B, H)
    for none. block: steps whose input products are taken together, at most W. Where W < T, slots and states are a
    window of `block` steps that is used again and again: nothing is allocated per step. panel: of w_recurrent and
    w_masked, in vectors.
    """
    steps, batch, _ = x.shape
    out, flat = output.reshape(-1), states.reshape(-1)
    hidden, width, columns = output.shape[2], slots.shape[2] // batch, bias.size // cell.slots
    rows, begin, end = last - first, first * width, last * width

    for start in range(0, steps, block):
        count = min(block, steps - start)
        place = start if slots.shape[1] == steps else 0
        if place < start:
            for s in range(cell.states):
                for k in range(begin, end):
                    states[s, 0, k] = states[s, block, k]
        input_products(cell, first, last, x, start, count, w_input, bias, slots, place)
        for t in range(place, place + count):
            for p in range(cell.inputs, cell.slots):
                for b in range(first, last):
                    for k in range(columns):
                        slots[p, t, b * width + k] = bias[p * columns + k]
            for p in range(cell.recurrent):
                source, total = address(states, 0, t, begin), address(slots, cell.recurrent_first + p, t, begin)
                add_product(w_recurrent, p, panel, hidden, source, total, width, rows, columns)
            if cell.masked > 0:
                mask_units(cell, slots, states, t, begin, end)
                for p in range(cell.masked):
                    source, total = (
                        address(slots, cell.mask_slot, t, begin),
                        address(slots, cell.masked_first + p, t, begin),
                    )
                    add_product(w_masked, p, panel, hidden, source, total, width, rows, columns)
            forward_units(cell, slots, states, t, begin, end)
            if output.size > 0:
                for b in range(first, last):
                    _copy_row(
                        out, ((start + t - place) * batch + b) * hidden, flat, ((t + 1) * batch + b) * width, hidden
                    )


@kernel
def backward(
    cell, first, last, w_input, w_recurrent, w_masked, slots, states, d_output, d_slots, d_states, d_x, block, panel
):
    """Run the rows [first, last) back through all T steps.

    d_output: (T, B, H) unpadded. d_slots: as slots. d_states: as states, with d_states[:, T] set to dL/d final state
    on entry; on return d_states[:, t] is the total dL/d s_t. d_x: (T, B, I), I padded. The w are packed from the
    transposed weights, slot by slot. block: steps whose input gradients are taken together. panel: as in `forward`.
    """
    steps, batch, hidden = d_output.shape
    given, flat = d_output.reshape(-1), d_states.reshape(-1)
    width, columns = slots.shape[2] // batch, w_recurrent.size // max(cell.recurrent * hidden, 1)
    rows, begin, end = last - first, first * width, last * width

    for t in range(steps - 1, -1, -1):
        for b in range(first, last):
            _add_row(flat, ((t + 1) * batch + b) * width, given, (t * batch + b) * hidden, hidden)
        backward_units(cell, slots, states, d_slots, d_states, t, begin, end)
        if cell.masked > 0:
            for p in range(cell.masked):
                source, total = (
                    address(d_slots, cell.masked_first + p, t, begin),
                    address(d_slots, cell.mask_slot, t, begin),
                )
                add_product(w_masked, p, panel, hidden, source, total, width, rows, columns)
            _maskbackward_units(cell, slots, states, d_slots, d_states, t, begin, end)
        for p in range(cell.recurrent):
            source, total = address(d_slots, cell.recurrent_first + p, t, begin), address(d_states, 0, t, begin)
            add_product(w_recurrent, p, panel, hidden, source, total, width, rows, columns)
        if t % block == 0:
            input_gradients(cell, first, last, d_slots, t, min(block, steps - t), w_input, hidden, d_x)


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


@kernel
def add_product(w, p, panel, hidden, source, total, width, rows, columns):
    """total[r] += W_p source[r] for the rows of one step, with the weights of slot p, H x H packed."""
    w_at = w.ctypes.data + p * hidden * columns * w.itemsize
    product(w, w_at, panel, source, width, 1, hidden, total, width, total, width, rows, columns)


# The products of the input take the steps of a block together. A share that is the whole batch has its rows of all
# steps one after another; rows of a part of the batch are taken along the steps or along the batch, whichever is more.


@register_jitable
def _runs(rows, batch, count):
    """How many products, how many rows in each, and the stride of their rows in rows of the whole."""
    if rows == batch:
        return 1, rows * count, 1
    return (rows, count, batch) if count > rows else (count, rows, 1)


@kernel
def input_products(cell, first, last, x, start, count, w_input, bias, slots, place):
    """slots[place + t] = bias + W_ih x[start + t] for t < count."""
    _, batch, inputs = x.shape
    width, columns, size = slots.shape[2] // batch, bias.size // cell.slots, x.itemsize
    products, tall, stride = _runs(last - first, batch, count)
    for p in range(cell.inputs):
        w_at, bias_at = w_input.ctypes.data + p * inputs * columns * size, bias.ctypes.data + p * columns * size
        for i in range(products):
            row = first + (i if stride > 1 else i * batch)
            source = x.ctypes.data + (start * batch + row) * inputs * size
            total = address(slots, p, place, row * width)
            product(x, w_at, TALL, source, stride * inputs, 1, inputs, bias_at, 0, total, stride * width, tall, columns)


@kernel
def input_gradients(cell, first, last, d_slots, start, count, w_input, hidden, d_x):
    """d_x[t] = W_ih^T d_slots[t] for t in [start, start + count)."""
    _, batch, inputs = d_x.shape
    width, size = d_slots.shape[2] // batch, d_x.itemsize
    products, tall, stride = _runs(last - first, batch, count)
    d_x[start : start + count, first:last] = 0
    for i in range(products):
        row = first + (i if stride > 1 else i * batch)
        total = address(d_x, start, row, 0)
        for p in range(cell.inputs):
            w_at, source = w_input.ctypes.data + p * hidden * inputs * size, address(d_slots, p, start, row * width)
            product(
                d_x,
                w_at,
                TALL,
                source,
                stride * width,
                1,
                hidden,
                total,
                stride * inputs,
                total,
                stride * inputs,
                tall,
                inputs,
            )


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
def _maskbackward_units(cell, slots, states, d_slots, d_states, t, begin, end):
    slot, before, d_slot, d_before = lines(slots, t), lines(states, t), lines(d_slots, t), lines(d_states, t)
    for k in range(begin, end, CHUNK_BYTES // slots.itemsize):
        unit_mask_backward(cell, k, slot, before, d_slot, d_before)
