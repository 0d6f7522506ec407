"""Weights and samples as the tile reads them: matrices in panels, each contiguous over the depth.

A packed matrix (depth, columns) is a run of panels of at most so many vectors, as even as can be (see `even_cut`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cells.cpu.arguments import GateRows
from cells.cpu.kernels.vector import copy, transpose
from cells.cpu.layout import VECTOR_BYTES, even_cut, part_size, part_start, whole_vectors
from cells.cpu.target import target
from cells.cpu.threads.fork import fork, task_of
from cells.kernel_cache import inner, kernel

ROWS = target().rows
ROWS_AT_ONCE = 16
ZERO = np.int64(0)  # typed: for a literal `pack_rows` would be compiled once more
QUAD = VECTOR_BYTES // 8  # half a vector of float32, a whole one of float64


class FlatRows(NamedTuple):
    """Rows of `columns` numbers in a flat array: the first at `start`, each `distance` after the one before."""

    start: int
    distance: int
    number: int
    columns: int


@inner
def pack_rows(values, rows, panel, out, begin, depth):
    """Pack some rows of a matrix (depth, rows.columns) into its panels, which stand in `out`.

    values: flat; `rows` says where its rows stand.
    panel: the most vectors of a panel.
    begin: the first of the rows is this one of the matrix.
    depth: rows of the whole matrix.
    """
    lanes = VECTOR_BYTES // out.itemsize
    cut = even_cut((rows.columns + lanes - 1) // lanes, panel)
    left = 0
    for p in range(cut.parts):
        size = part_size(cut, p) * lanes
        real = min(size, rows.columns - left)
        whole = real // QUAD * QUAD
        for k in range(rows.number):
            read = rows.start + k * rows.distance + left
            place = left * depth + (begin + k) * size
            for n in range(0, whole, QUAD):
                copy(out, place + n, values, read + n, QUAD)
            for n in range(whole, real):
                out[place + n] = values[read + n]
            for n in range(real, size):
                out[place + n] = 0
        left += size


@inner
def pack_tiles(values, rows, out, begin, depth):
    """Pack as `pack_rows`, for the other side of a product: tiles of at most `ROWS` columns take the place of panels.

    A few rows of the source are read in turn for each tile: then what goes into one tile is a few whole cache lines.
    """
    cut = even_cut(rows.columns, ROWS)
    for top in range(0, rows.number, ROWS_AT_ONCE):
        end = min(top + ROWS_AT_ONCE, rows.number)
        first = 0
        for i in range(cut.parts):
            height = part_size(cut, i)
            for k in range(top, end):
                read = rows.start + k * rows.distance + first
                place = first * depth + (begin + k) * height
                if height == ROWS:
                    copy(out, place, values, read, ROWS)
                else:
                    for n in range(height):
                        out[place + n] = values[read + n]
            first += height


@inner
def _forward(share, weight, gates, panel, together, out):
    """Pack, for the forward products, the transposed rows of each gate of `weight` (rows, depth).

    share: of all panels, gate by gate.
    gates: `GateRows`.
    panel: the most vectors of a panel of the `gates.hidden` columns of a gate.
    together: the gates whose panels stand side by side, as a strip reads them: 1 or all.
    out: flat.
    """
    depth = weight.shape[1]
    values = weight.reshape(-1)
    lanes = VECTOR_BYTES // weight.itemsize
    columns = whole_vectors(gates.hidden, weight.itemsize)
    cut = even_cut(columns // lanes, panel)
    for piece in range(share.first, share.last):
        g, p = piece // cut.parts, piece % cut.parts
        size, left = part_size(cut, p) * lanes, part_start(cut, p) * lanes
        begin = (g // together * columns + left) * together * depth + g % together * size
        real = max(min(size, gates.hidden - left), 0)
        square_rows, square_columns = real // lanes * lanes, depth // lanes * lanes
        row = size * together
        top = gates.places[g] + left
        for k in range(0, square_columns, lanes):
            for j in range(0, square_rows, lanes):
                transpose(out, begin + j + k * row, row, values, (top + j) * depth + k, depth)
        for k in range(depth):
            for j in range(square_rows if k < square_columns else 0, real):
                out[begin + j + k * row] = values[(top + j) * depth + k]
            for j in range(real, size):
                out[begin + j + k * row] = 0


@inner
def _backward(share, weight, gates, panel, out):
    """Pack, for the backward products, the rows of the gates of a share; arguments as in `_forward`."""
    columns = weight.shape[1]
    values = weight.reshape(-1)
    size = gates.hidden * whole_vectors(columns, weight.itemsize)
    for g in range(share.first, share.last):
        part = out[g * size : (g + 1) * size]
        rows = FlatRows(gates.places[g] * columns, columns, gates.hidden, columns)
        pack_rows(values, rows, panel, part, ZERO, gates.hidden)


_forward_task = task_of(_forward)


@kernel
def forward(worker_table, shares, weight, gates, panel, together, out):
    """Do all shares of `_forward`; gates is a plain tuple."""
    fork(worker_table, shares, _forward_task(worker_table, shares, (weight, GateRows(*gates), panel, together, out)))


_backward_task = task_of(_backward)


@kernel
def backward(worker_table, shares, weight, gates, panel, out):
    """Do all shares of `_backward`; gates is a plain tuple."""
    fork(worker_table, shares, _backward_task(worker_table, shares, (weight, GateRows(*gates), panel, out)))
