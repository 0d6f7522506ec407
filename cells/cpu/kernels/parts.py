"""The parts of a pass, each on its own for all steps, on one thread. What each computes says `sequence`.

cell, blocking, weights, units, d_units: as in `sequence`; blocking.groups keep all T steps.
"""

from __future__ import annotations

from cells.cpu.kernels.product import Part
from cells.cpu.kernels.step import (
    ONE,
    ZERO,
    Block,
    MatrixRun,
    add_products,
    slot_rows,
    state_rows,
    sum_products,
)
from cells.cpu.kernels.step import input_gradients as gradients_of_block
from cells.cpu.kernels.step import input_products as products_of_block
from cells.cpu.kernels.units import backward_units, forward_units
from cells.cpu.layout import group_count, rows_of, slot_place, state_place
from cells.kernel_cache import kernel


@kernel
def input_products(cell, blocking, weights, x, units):
    """Set slots[t] = bias + W_ih x[t] for all steps."""
    groups, panels, block = blocking
    for start in range(0, groups.steps, block):
        for c in range(group_count(groups)):
            of_group = Block(c, start, min(block, groups.steps - start), start)
            part = Part(ZERO, ONE, ZERO)
            products_of_block(cell, weights, groups, x, units.slots, of_group, panels.many_rows, part)


@kernel
def recurrent_products(cell, blocking, weights, units):
    """Add W_hh h[t] to slots[t] for all steps, from the states that are there."""
    groups, panels, _ = blocking
    slots, states = units
    recurrent = MatrixRun(weights.recurrent, cell.recurrent_slots, panels.recurrent, panels.interleaved)
    of_slot = slots.shape[1] * slots.shape[2]
    for t in range(groups.steps):
        source = state_rows(groups, states, ZERO, t)
        total = slot_rows(groups, slots, cell.recurrent_first, ZERO, t)
        add_products(recurrent, groups, groups.batch, source, total, of_slot, Part(ZERO, ONE, t % 2))


@kernel
def recurrent_gradients(cell, blocking, weights, d_units):
    """Add W_hh^T d_slots[t] to d_states[t] for all steps."""
    groups, panels, _ = blocking
    d_slots, d_states = d_units
    recurrent = MatrixRun(weights.recurrent, cell.recurrent_slots, panels.back, panels.interleaved)
    of_slot = d_slots.shape[1] * d_slots.shape[2]
    for t in range(groups.steps):
        source = slot_rows(groups, d_slots, cell.recurrent_first, ZERO, t)
        total = state_rows(groups, d_states, ZERO, t)
        sum_products(recurrent, groups, groups.batch, source, of_slot, total, Part(ZERO, ONE, t % 2))


@kernel
def input_gradients(cell, blocking, weights, d_units, d_x):
    """Set d_x[t] = W_ih^T d_slots[t] for all steps."""
    groups, _, block = blocking
    for start in range(0, groups.steps, block):
        for c in range(group_count(groups)):
            of_group = Block(c, start, min(block, groups.steps - start), start)
            gradients_of_block(cell, weights.input, groups, d_units.slots, d_x, of_group)


@kernel
def forward_formula(cell, blocking, units):
    """Turn slots[t] and states[t] into activations and states[t + 1], a step after another."""
    groups = blocking.groups
    for t in range(groups.steps):
        for c in range(group_count(groups)):
            place = slot_place(groups, c, t)
            before = state_place(groups, c, t)
            forward_units(cell, units, place, before, 0, rows_of(groups, c) * groups.stride)


@kernel
def backward_formula(cell, blocking, units, d_units):
    """Turn d_states[t + 1] into d_slots[t] and d_states[t], from the last step to the first."""
    groups = blocking.groups
    for t in range(groups.steps - 1, -1, -1):
        for c in range(group_count(groups)):
            place = slot_place(groups, c, t)
            before = state_place(groups, c, t)
            backward_units(cell, units, d_units, place, before, 0, rows_of(groups, c) * groups.stride)
