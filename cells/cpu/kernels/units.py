"""A cell's formulas in compiled code: over the units of a group of rows, a vector at a time (see `vector`).

The drivers know no cell. A cell's marker says which formulas are meant: numba's `overload` picks them by its type.
"""

from __future__ import annotations

from typing import Any

from numba.extending import overload

from cells.cpu.kernels.vector import lines
from cells.cpu.target import target
from cells.kernel_cache import inner
from cells.lowering import INLINE
from cells.registry import CELLS
from cells.spec import CellSpec

CHUNK_BYTES = target().chunk_bytes


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


# The units [begin, end) of a group of rows. `at` is the place of this step in axis 1 of slots, `before` that of the
# state it starts from in states; the state it makes stands behind.


@inner
def forward_units(cell, slots, states, at, before, begin, end):
    """Pre-activations to activations and the new state."""
    slot, previous, state = lines(slots, at), lines(states, before), lines(states, before + 1)
    for k in range(begin, end, CHUNK_BYTES // slots.itemsize):
        unit_forward(cell, k, slot, previous, state)


@inner
def mask_units(cell, slots, states, at, before, begin, end):
    """The masked state, for the second product."""
    slot, previous = lines(slots, at), lines(states, before)
    for k in range(begin, end, CHUNK_BYTES // slots.itemsize):
        unit_mask(cell, k, slot, previous)


@inner
def backward_units(cell, slots, states, d_slots, d_states, at, before, begin, end):
    """From the gradient of the new state to those of the slots, and to what of the old state's passes no product."""
    slot, previous, state = lines(slots, at), lines(states, before), lines(states, before + 1)
    d_slot, d_previous, d_state = lines(d_slots, at), lines(d_states, before), lines(d_states, before + 1)
    for k in range(begin, end, CHUNK_BYTES // slots.itemsize):
        unit_backward(cell, k, slot, previous, state, d_slot, d_state, d_previous)


@inner
def mask_backward_units(cell, slots, states, d_slots, d_states, at, before, begin, end):
    """From the gradient of the masked state to those of the slots and the state it came from."""
    slot, previous, d_slot, d_previous = (
        lines(slots, at),
        lines(states, before),
        lines(d_slots, at),
        lines(d_states, before),
    )
    for k in range(begin, end, CHUNK_BYTES // slots.itemsize):
        unit_mask_backward(cell, k, slot, previous, d_slot, d_previous)
