"""Distances between samples, rows of the batch at a step, in slots, states and sequences: how products walk them."""

from __future__ import annotations

from typing import NamedTuple

from cells.cpu.layout import Array, Groups
from cells.kernel_cache import helper


class Strides(NamedTuple):
    """Distances of two groups, two steps of a group and two rows of a step, in elements."""

    group: int
    step: int
    row: int


class Samples(NamedTuple):
    """Rows of `columns` numbers, one for each sample (a row of the batch at a step), in flat values."""

    values: Array
    strides: Strides
    columns: int


@helper
def slot_strides(groups: Groups) -> Strides:
    """Return the distances within one kind of slots."""
    of_step = groups.rows * groups.stride
    return Strides(groups.slot_window * of_step, of_step, groups.stride)


@helper
def state_strides(groups: Groups) -> Strides:
    """Return the distances within one kind of states."""
    of_step = groups.rows * groups.stride
    return Strides(groups.state_window * of_step, of_step, groups.stride)


@helper
def sequence_strides(groups: Groups, size: int) -> Strides:
    """Return the distances within sequences (T, B, size)."""
    return Strides(groups.rows * size, groups.batch * size, size)
