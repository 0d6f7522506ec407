"""A cell's formulas in compiled code: over the units of a group of rows, a vector at a time (see `vector`).

The drivers know no cell. A cell's marker says which formulas are meant: numba's `overload` picks them by its type.
"""

from __future__ import annotations

from typing import Any

from numba.extending import overload

from cells.cpu.kernels.vector import lines
from cells.cpu.layout import CHUNK_BYTES
from cells.kernel_cache import inner
from cells.lowering import INLINE
from cells.registry import CELLS
from cells.spec import CellSpec


def _spec_of(cell_type: Any) -> CellSpec:
    """Return the cell whose marker has this numba type."""
    return next(spec for spec in CELLS.values() if spec.marker is cell_type.instance_class)


def unit_forward(cell, k, slots, previous, state):
    """Stand for the `forward` of the cell's file."""
    raise NotImplementedError


def unit_backward(cell, k, slots, previous, state, d_slots, d_state, d_previous):
    """Stand for the `backward` of the cell's file."""
    raise NotImplementedError


def unit_mask(cell, k, slots, previous):
    """Stand for the `mask` of the cell's file; nothing in a cell without one."""
    raise NotImplementedError


def unit_mask_backward(cell, k, slots, previous, d_slots, d_previous):
    """Stand for the `mask_backward` of the cell's file; nothing in a cell without one."""
    raise NotImplementedError


def has_mask(cell):
    """Stand for whether the cell has a masked product, known while compiling: what it does not need is left out."""
    raise NotImplementedError


@overload(has_mask, jit_options=INLINE)
def _has_mask(cell):
    return (lambda cell: True) if _spec_of(cell).masked_gates else (lambda cell: False)


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


# The units [begin, end) of the rows of a group. `place` is where a step stands in axis 1 of slots, `before` where the
# state that it starts from stands in states; the state that it makes stands behind.


@inner
def forward_units(cell, units, place, before, begin, end):
    """Turn pre-activations into activations and the new state."""
    slots, states = units
    slot, previous, state = lines(slots, place), lines(states, before), lines(states, before + 1)
    for k in range(begin, end, CHUNK_BYTES // slots.itemsize):
        unit_forward(cell, k, slot, previous, state)


@inner
def mask_units(cell, units, place, before, begin, end):
    """Make the masked state, for the second product."""
    slots, states = units
    slot, previous = lines(slots, place), lines(states, before)
    for k in range(begin, end, CHUNK_BYTES // slots.itemsize):
        unit_mask(cell, k, slot, previous)


@inner
def backward_units(cell, units, d_units, place, before, begin, end):
    """Turn the gradient of the new state into those of the slots, and of the old state but for its products."""
    slots, states = units
    d_slots, d_states = d_units
    slot, previous, state = lines(slots, place), lines(states, before), lines(states, before + 1)
    d_slot, d_previous, d_state = lines(d_slots, place), lines(d_states, before), lines(d_states, before + 1)
    for k in range(begin, end, CHUNK_BYTES // slots.itemsize):
        unit_backward(cell, k, slot, previous, state, d_slot, d_state, d_previous)


@inner
def mask_backward_units(cell, units, d_units, place, before, begin, end):
    """Turn the gradient of the masked state into those of the slots and of the state it came from."""
    slots, states = units
    d_slots, d_states = d_units
    slot, previous = lines(slots, place), lines(states, before)
    d_slot, d_previous = lines(d_slots, place), lines(d_states, before)
    for k in range(begin, end, CHUNK_BYTES // slots.itemsize):
        unit_mask_backward(cell, k, slot, previous, d_slot, d_previous)
