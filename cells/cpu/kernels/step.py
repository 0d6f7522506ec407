"""The products of a pass: those of one step, and those of the input, which take many steps together.

`weights` are packed matrices of H x H, one for each slot of a run. source, total: (address, row, tile) as in `product`.
shape = (rows, height, hidden, columns). part as in `product`: every other step takes matrices and panels the other way
round.
"""

from __future__ import annotations

import numpy as np
from numba.extending import register_jitable

from cells.cpu.kernels.product import add_row_product, product
from cells.cpu.target import target
from cells.kernel_cache import inner

ROWS = target().rows
# Typed, as all integers that reach `product`: for a literal it would be compiled once more.
TALL = np.int64(target().vectors)  # vectors of a panel of input weights on the way back
ZERO, ONE = np.int64(0), np.int64(1)


@register_jitable
def address(array, p, i):
    """Address of array[p, i]."""
    return array.ctypes.data + (p * array.shape[1] + i) * array.shape[2] * array.itemsize


@inner
def add_products(slots, weights, matrices, panel, beside, source, total, shape, part):
    """total[m, r] += W_m source[r] for each slot m of a run of `slots`."""
    rows, height, hidden, columns = shape
    out, out_row, out_tile = total
    slot, size, first = slots.shape[1] * slots.shape[2], slots.itemsize, np.int64(weights.ctypes.data)
    if beside:
        add_row_product(weights, first, matrices, panel, hidden, source[0], out, slot, columns, part)
        return
    for q in range(matrices):
        m = matrices - 1 - q if part[2] else q
        w, into = first + m * hidden * columns * size, (out + m * slot * size, out_row, out_tile)
        product(weights, w, panel, hidden, source, into, into, rows, height, columns, part)


@inner
def sum_products(d_slots, weights, matrices, panel, beside, source, total, shape, part):
    """total[r] += sum over m of W_m source[m, r], m through a run of `d_slots`."""
    rows, height, hidden, columns = shape
    a, a_row, a_tile = source
    slot, size, first = d_slots.shape[1] * d_slots.shape[2], d_slots.itemsize, np.int64(weights.ctypes.data)
    for q in range(matrices):
        m = matrices - 1 - q if part[2] else q
        w, at = first + m * hidden * columns * size, a + m * slot * size
        if beside:
            add_row_product(weights, w, ONE, panel, hidden, at, total[0], ZERO, columns, part)
        else:
            product(weights, w, panel, hidden, (at, a_row, a_tile), total, total, rows, height, columns, part)


# The products of the input, for the `count` steps of a block and the `rows` rows of a group.


@register_jitable
def _tiles(count, rows, batch, inputs, width, of_step):
    """Tiles of such a product: rows in all and in each, strides of rows and tiles in x or d_x, and in slots."""
    if rows < batch and rows > 1:
        return count * rows, rows, (inputs, batch * inputs), (width, of_step)
    # One after another: all rows of all steps, or the steps of a single row.
    tiles = (count * rows + ROWS - 1) // ROWS
    height = (count * rows + tiles - 1) // tiles
    x_row, row = (inputs, width) if rows == batch else (batch * inputs, of_step)
    return count * rows, height, (x_row, height * x_row), (row, height * row)


@inner
def input_products(cell, group, rows, together, x, start, count, w_input, bias, slots, at, panel, part):
    """slots[at + t] = bias + W_ih x[start + t] for the rows of a group, t < count. at: place of its step in axis 1."""
    _, batch, inputs = x.shape
    columns, size = bias.size // cell.slots, x.itemsize
    tall, height, (x_row, x_tile), (row, tile) = _tiles(
        count, rows, batch, inputs, slots.shape[2] // together, slots.shape[2]
    )
    source = (x.ctypes.data + (start * batch + group * together) * inputs * size, x_row, x_tile)
    for p in range(cell.inputs):
        w = w_input.ctypes.data + p * inputs * columns * size
        begun = (bias.ctypes.data + p * columns * size, ZERO, ZERO)
        product(
            w_input, w, panel, inputs, source, begun, (address(slots, p, at), row, tile), tall, height, columns, part
        )


@inner
def input_gradients(cell, group, rows, together, d_slots, at, start, count, w_input, hidden, d_x):
    """d_x[start + t] = W_ih^T d_slots[at + t] for the rows of a group, t < count."""
    _, batch, inputs = d_x.shape
    size = d_x.itemsize
    tall, height, (x_row, x_tile), (row, tile) = _tiles(
        count, rows, batch, inputs, d_slots.shape[2] // together, d_slots.shape[2]
    )
    d_x[start : start + count, group * together : group * together + rows] = 0
    total = (d_x.ctypes.data + (start * batch + group * together) * inputs * size, x_row, x_tile)
    for p in range(cell.inputs):
        w, source = w_input.ctypes.data + p * hidden * inputs * size, (address(d_slots, p, at), row, tile)
        product(w_input, w, TALL, hidden, source, total, total, tall, height, inputs, (ZERO, ONE, ZERO))
