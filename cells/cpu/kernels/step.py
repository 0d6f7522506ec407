"""The products of a pass: those of one step, and those of the input, which take many steps together.

`W` of a run of matrices: H x H each, packed, one for each slot of a run of slots. Every other step takes matrices and
panels the other way round, see `Part`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cells.cpu.kernels.product import Matrix, Part, Rows, add_row_product, product
from cells.cpu.layout import Groups, rows_of, slot_place, state_place
from cells.cpu.target import target
from cells.kernel_cache import helper, inner

ROWS = target().rows
# Typed, as all integers that reach `product`: for a literal it would be compiled once more.
INPUT_GRADIENT_PANEL = np.int64(target().vectors)  # vectors of a panel of input weights in the backward pass
ZERO, ONE = np.int64(0), np.int64(1)


class MatrixRun(NamedTuple):
    """Packed matrices, one for each slot of a run; panel and interleaved as in `Panels`."""

    values: NDArray[Any]
    matrices: int
    panel: int
    interleaved: bool


class Block(NamedTuple):
    """The steps [start, start + steps) of the rows of a group; the first stands at `place` of its window."""

    group: int
    start: int
    steps: int
    place: int


@helper
def address(array: NDArray[Any], p: int, i: int) -> int:
    """Return the address of array[p, i]."""
    place: int = array.ctypes.data + (p * array.shape[1] + i) * array.shape[2] * array.itemsize
    return place


@helper
def slot_rows(groups: Groups, slots: NDArray[Any], slot: int, c: int, t: int) -> Rows:
    """Return where the rows of groups c, c + 1, ... have a slot at step t."""
    return Rows(address(slots, slot, slot_place(groups, c, t)), groups.stride, groups.slot_window * slots.shape[2])


@helper
def state_rows(groups: Groups, states: NDArray[Any], c: int, t: int) -> Rows:
    """Return where the rows of groups c, c + 1, ... have the state h_t, which step t starts from."""
    return Rows(address(states, 0, state_place(groups, c, t)), groups.stride, groups.state_window * states.shape[2])


@inner
def add_products(run, groups, rows, source, total, total_stride, part):
    """total[m, r] += W_m source[r] for each matrix m of a run.

    rows: their number; tiles are groups.
    source, total: `Rows`.
    total_stride: from total[m] to total[m + 1], in elements.
    """
    like = run.values
    size = run.values.itemsize
    first = np.int64(run.values.ctypes.data)
    if run.interleaved:
        matrix = Matrix(first, groups.hidden, groups.columns, run.panel)
        add_row_product(like, run.matrices, matrix, source.address, total.address, total_stride, part)
        return
    for q in range(run.matrices):
        m = run.matrices - 1 - q if part.reverse else q
        matrix = Matrix(first + m * groups.hidden * groups.columns * size, groups.hidden, groups.columns, run.panel)
        into = Rows(total.address + m * total_stride * size, total.row, total.tile)
        product(like, matrix, source, into, into, rows, groups.rows, part)


@inner
def sum_products(run, groups, rows, source, source_stride, total, part):
    """total[r] += sum over m of W_m source[m, r], for the matrices m of a run; arguments as in `add_products`."""
    like = run.values
    size = run.values.itemsize
    first = np.int64(run.values.ctypes.data)
    for q in range(run.matrices):
        m = run.matrices - 1 - q if part.reverse else q
        matrix = Matrix(first + m * groups.hidden * groups.columns * size, groups.hidden, groups.columns, run.panel)
        begin = source.address + m * source_stride * size
        if run.interleaved:
            add_row_product(like, ONE, matrix, begin, total.address, ZERO, part)
        else:
            product(like, matrix, Rows(begin, source.row, source.tile), total, total, rows, groups.rows, part)


class _InputTiles(NamedTuple):
    """How a product of the input goes through the rows of a block: their number, and strides in x and in slots."""

    rows: int
    height: int
    x_row: int
    x_tile: int
    slot_row: int
    slot_tile: int


@helper
def _input_tiles(groups: Groups, block: Block, inputs: int) -> _InputTiles:
    rows = rows_of(groups, block.group)
    of_step = groups.rows * groups.stride
    total = block.steps * rows
    if 1 < rows < groups.batch:  # a tile is a step
        return _InputTiles(total, rows, inputs, groups.batch * inputs, groups.stride, of_step)
    # One after another: all rows of all steps, or the steps of a single row.
    tiles = (total + ROWS - 1) // ROWS
    height = (total + tiles - 1) // tiles
    whole_batch = rows == groups.batch
    x_row = inputs if whole_batch else groups.batch * inputs
    slot_row = groups.stride if whole_batch else of_step
    return _InputTiles(total, height, x_row, height * x_row, slot_row, height * slot_row)


@helper
def _first_row(x: NDArray[Any], groups: Groups, block: Block) -> int:
    """Return the address of the block's first row in x (T, B, I)."""
    row = block.start * groups.batch + block.group * groups.rows
    place: int = x.ctypes.data + row * x.shape[2] * x.itemsize
    return place


@inner
def input_products(cell, weights, groups, x, slots, block, panel, part):
    """slots[t] = bias + W_ih x[t] for the steps t of a block.

    weights: `ForwardWeights`.
    x: (T, B, I).
    panel: the most vectors of a panel of the input weights.
    """
    inputs = x.shape[2]
    size = x.itemsize
    tiles = _input_tiles(groups, block, inputs)
    source = Rows(_first_row(x, groups, block), tiles.x_row, tiles.x_tile)
    place = slot_place(groups, block.group, block.place)
    for p in range(cell.input_slots):
        w = weights.input.ctypes.data + p * inputs * groups.columns * size
        start = Rows(weights.bias.ctypes.data + p * groups.columns * size, ZERO, ZERO)
        total = Rows(address(slots, p, place), tiles.slot_row, tiles.slot_tile)
        matrix = Matrix(w, inputs, groups.columns, panel)
        product(weights.input, matrix, source, start, total, tiles.rows, tiles.height, part)


@inner
def input_gradients(cell, w_input, groups, d_slots, d_x, block):
    """d_x[t] = W_ih^T d_slots[t] for the steps t of a block.

    w_input: the input weights of `BackwardWeights`.
    d_x: (T, B, I), I padded.
    """
    inputs = d_x.shape[2]
    size = d_x.itemsize
    tiles = _input_tiles(groups, block, inputs)
    top = block.group * groups.rows
    d_x[block.start : block.start + block.steps, top : top + rows_of(groups, block.group)] = 0
    total = Rows(_first_row(d_x, groups, block), tiles.x_row, tiles.x_tile)
    place = slot_place(groups, block.group, block.place)
    part = Part(ZERO, ONE, ZERO)
    for p in range(cell.input_slots):
        w = w_input.ctypes.data + p * groups.hidden * inputs * size
        source = Rows(address(d_slots, p, place), tiles.slot_row, tiles.slot_tile)
        matrix = Matrix(w, groups.hidden, inputs, INPUT_GRADIENT_PANEL)
        product(w_input, matrix, source, total, total, tiles.rows, tiles.height, part)
