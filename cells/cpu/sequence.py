"""The time loop, forward and backward: one driver for every cell.

For each window of steps and the batch rows [first, last):

    slots[t] = bias + W_ih x[t]                             all steps of the window at once
    for t in window:
        slots[t, recurrent] += W_hh h[t - 1]
        mask, slots[t, masked] += W_hh (masked state)       cells with a masked product only
        formula: slots[t], states[t - 1] -> activations, states[t]

and backward from the last step, where d_states[t + 1] already holds what later steps sent:

    d_states[t + 1, h] += d_output[t]
    formula: d_states[t + 1] -> d_slots[t], d_states[t]
    mask backward                                           cells with a masked product only
    d_states[t, h] += W_hh^T d_slots[t, recurrent]

Arrays (unit axis padded to `width`, see `pack`): slots (W, B, P, H), states (W + 1, B, S, H) with W steps in a
window; W = T keeps everything for the backward pass. Rows of a batch never meet, so threads take rows, and one
call runs a whole sequence without waiting for another thread.
"""

from __future__ import annotations

from typing import Any

from numba.extending import overload

from cells.cpu.cache import kernel
from cells.cpu.product import add_product
from cells.formula import INLINE
from cells.registry import CELLS
from cells.spec import CellSpec


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
def forward(cell, first, last, x, w_input, w_recurrent, w_masked, bias, slots, states, output):
    """Run the rows [first, last) through all T steps of x (T, B, I).

    bias: (P * H,); the w are packed. output: (T, B, H) unpadded, written as the steps go, or (0, B, H) for none.
    With fewer slots than steps the window is used again and again: nothing is allocated per step.
    """
    steps, batch, inputs = x.shape
    window, _, slot_count, width = slots.shape
    state_row, slot_row = states.shape[2] * width, slot_count * width
    size, rows, hidden = x.itemsize, last - first, output.shape[2]
    slots_at, states_at, x_at = slots.ctypes.data, states.ctypes.data, x.ctypes.data

    for start in range(0, steps, window):
        count = min(window, steps - start)
        if start > 0:
            states[0, first:last] = states[window, first:last]
        for t in range(count):
            for b in range(first, last):
                slots[t, b].ravel()[:] = bias
        # Rows of neighbouring steps are neighbours in memory when the call has the whole batch: one tall product.
        blocks, tall = (1, count * batch) if rows == batch else (count, rows)
        for t in range(blocks):
            add_product(
                w_input,
                x_at + ((start + t) * batch + first) * inputs * size,
                inputs,
                1,
                inputs,
                slots_at + (t * batch + first) * slot_row * size,
                slot_row,
                tall,
                cell.inputs * width,
            )
        for t in range(count):
            slots_t = slots_at + (t * batch + first) * slot_row * size
            add_product(
                w_recurrent,
                states_at + (t * batch + first) * state_row * size,
                state_row,
                1,
                hidden,
                slots_t + cell.recurrent_first * width * size,
                slot_row,
                rows,
                cell.recurrent * width,
            )
            if cell.masked > 0:
                for b in range(first, last):
                    _mask_row(cell, slots[t, b], states[t, b])
                add_product(
                    w_masked,
                    slots_t + cell.mask_slot * width * size,
                    slot_row,
                    1,
                    hidden,
                    slots_t + cell.masked_first * width * size,
                    slot_row,
                    rows,
                    cell.masked * width,
                )
            for b in range(first, last):
                _forward_row(cell, slots[t, b], states[t, b], states[t + 1, b])
                if output.shape[0] > 0:
                    output[start + t, b] = states[t + 1, b, 0, :hidden]


@kernel
def backward(cell, first, last, w_recurrent, w_masked, slots, states, d_output, d_slots, d_states):
    """Run the rows [first, last) back through all T steps.

    d_output: (T, B, H) unpadded. d_slots: as slots. d_states: as states, with d_states[T] set to dL/d final state
    on entry; on return d_states[t] is the total dL/d s_t. The w are packed from the transposed weights.
    """
    steps, batch, slot_count, width = slots.shape
    state_row, slot_row = states.shape[2] * width, slot_count * width
    size, rows, hidden = slots.itemsize, last - first, d_output.shape[2]
    d_slots_at, d_states_at = d_slots.ctypes.data, d_states.ctypes.data

    for t in range(steps - 1, -1, -1):
        for b in range(first, last):
            d_state = d_states[t + 1, b]
            for k in range(hidden):
                d_state[0, k] += d_output[t, b, k]
            _backward_row(cell, slots[t, b], states[t, b], states[t + 1, b], d_slots[t, b], d_state, d_states[t, b])
        d_slots_t = d_slots_at + (t * batch + first) * slot_row * size
        if cell.masked > 0:
            add_product(
                w_masked,
                d_slots_t + cell.masked_first * width * size,
                slot_row,
                1,
                cell.masked * width,
                d_slots_t + cell.mask_slot * width * size,
                slot_row,
                rows,
                width,
            )
            for b in range(first, last):
                _mask_backward_row(cell, slots[t, b], states[t, b], d_slots[t, b], d_states[t, b])
        add_product(
            w_recurrent,
            d_slots_t + cell.recurrent_first * width * size,
            slot_row,
            1,
            cell.recurrent * width,
            d_states_at + (t * batch + first) * state_row * size,
            state_row,
            rows,
            width,
        )


# One row of units each, in a function of its own: rows are contiguous and known not to change shape in the loop,
# which is what LLVM needs to vectorise it.


@kernel
def _forward_row(cell, slots, previous, state):
    for k in range(slots.shape[1]):
        unit_forward(cell, k, slots, previous, state)


@kernel
def _mask_row(cell, slots, previous):
    for k in range(slots.shape[1]):
        unit_mask(cell, k, slots, previous)


@kernel
def _backward_row(cell, slots, previous, state, d_slots, d_state, d_previous):
    for k in range(slots.shape[1]):
        unit_backward(cell, k, slots, previous, state, d_slots, d_state, d_previous)


@kernel
def _mask_backward_row(cell, slots, previous, d_slots, d_previous):
    for k in range(slots.shape[1]):
        unit_mask_backward(cell, k, slots, previous, d_slots, d_previous)
