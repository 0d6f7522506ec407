"""out += a w on a packed w: panels over the columns, tiles over the rows, the whole depth in registers."""

from __future__ import annotations

import numpy as np

from cells.cpu.cache import kernel
from cells.cpu.target import target
from cells.cpu.tile import tile

ROWS, VECTORS, VECTOR_BYTES = target().rows, target().vectors, target().vector_bytes
DEPTH_BLOCK = 256  # rows of a source packed at a time: a panel of them stays in the first-level cache


@kernel
def add_product(packed, a, a_row, a_depth, depth, out, out_row, rows, columns):
    """out[r, :] += sum_k a[r, k] w[k, :].

    packed: the panels of w (depth, columns), 1-D, see `pack`; `columns` is a whole number of vectors.
    a, out: addresses; a_row, a_depth, out_row: strides in elements; rows: number of rows of a and out.
    """
    itemsize = packed.itemsize
    lanes = VECTOR_BYTES // itemsize
    vectors = columns // lanes
    base = packed.ctypes.data
    if depth == 0:
        return
    for v in range(0, vectors, VECTORS):
        panel = min(VECTORS, vectors - v)
        w = base + v * lanes * depth * itemsize
        for r in range(0, rows, ROWS):
            tile(
                packed,
                min(ROWS, rows - r),
                panel,
                a + r * a_row * itemsize,
                a_row,
                a_depth,
                w,
                panel * lanes,
                depth,
                out + (r * out_row + v * lanes) * itemsize,
                out_row,
            )


@kernel
def add_outer_products(a, a_start, a_row, source, source_start, source_row, source_columns, depth, out, first, last):
    """out[m, :] += sum_k a[k, m] source[k, :] for m in [first, last): a weight gradient over all steps and samples.

    a: flat, the element (k, m) at a_start + k * a_row + m. source: flat, the element (k, n) at
    source_start + k * source_row + n, n < source_columns. out: (M, columns), columns a whole number of vectors.
    `depth` is T B. The source is packed a block of `DEPTH_BLOCK` steps at a time.
    """
    itemsize = out.itemsize
    lanes = VECTOR_BYTES // itemsize
    columns = out.shape[1]
    wide = VECTORS * lanes
    packed = np.zeros(DEPTH_BLOCK * columns, out.dtype)
    for start in range(0, depth, DEPTH_BLOCK):
        size = min(DEPTH_BLOCK, depth - start)
        for k in range(size):
            row = source_start + (start + k) * source_row
            for left in range(0, columns, wide):
                panel = min(wide, columns - left)
                place = left * size + k * panel
                real = min(panel, source_columns - left)
                packed[place : place + real] = source[row + left : row + left + real]
                packed[place + real : place + panel] = 0
        add_product(
            packed,
            a.ctypes.data + (a_start + start * a_row + first) * itemsize,
            1,
            a_row,
            size,
            out.ctypes.data + first * columns * itemsize,
            columns,
            last - first,
            columns,
        )


@kernel
def add_rows(a, a_row, rows, total):
    """total[j] += sum over rows of a[r * a_row + j]: the gradient of a bias."""
    for r in range(rows):
        for j in range(total.size):
            total[j] += a[r * a_row + j]
