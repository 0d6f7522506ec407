"""Weights as the tile reads them, and the padding that spares every kernel its tails.

The unit axis of every array the kernels touch is padded to whole vectors (`width`), and its rows stand `stride`
apart. Padded weights are zero, so padded units never reach a real one. A packed matrix (depth, columns) is a run of
panels of at most `panel` vectors, as even as can be (none is a narrow rest), each contiguous over the depth.
"""

from __future__ import annotations

from cells.cpu.cache import kernel
from cells.cpu.target import target
from cells.cpu.vector import copy

COLLIDING = 2048
VECTOR_BYTES = target().vector_bytes
ROWS, TOGETHER = target().rows, 16
QUAD = VECTOR_BYTES // 8  # half a vector of float32, a whole one of float64


def width(size: int, itemsize: int) -> int:
    """`size` rounded up to whole vectors."""
    lanes = target().lanes(itemsize)
    return -(-size // lanes) * lanes


def stride(size: int, itemsize: int) -> int:
    """Distance of the rows of an array of states or slots: whole chunks, and a chunk more where rows would collide.

    Rows a multiple of 2 KiB apart share few sets of the first-level cache, and push each other out.
    """
    chunk = target().chunk_bytes // itemsize
    padded = -(-size // chunk) * chunk
    return padded + (chunk if padded * itemsize % COLLIDING == 0 else 0)


@kernel
def pack_rows(source, at, row, depth, columns, panel, out):
    """Panels of the matrix whose element (k, n), k < depth, n < columns, is source[at + k * row + n], source flat."""
    lanes = VECTOR_BYTES // out.itemsize
    vectors = (columns + lanes - 1) // lanes
    panels = (vectors + panel - 1) // panel
    each, longer = vectors // panels, vectors % panels
    left = 0
    for p in range(panels):
        size = (each + (p < longer)) * lanes
        real = min(size, columns - left)
        whole = real // QUAD * QUAD
        for k in range(depth):
            read, place = at + k * row + left, left * depth + k * size
            for n in range(0, whole, QUAD):
                copy(out, place + n, source, read + n, QUAD)
            for n in range(whole, real):
                out[place + n] = source[read + n]
            for n in range(real, size):
                out[place + n] = 0
        left += size


@kernel
def pack_gates_transposed(weight, places, hidden, panel, out):
    """For the forward products: out[p] gets the panels of weight[places[p] : places[p] + hidden].T.

    Depth is weight.shape[1], the inputs of a sum; the columns are the `hidden` units of a gate.
    """
    depth = weight.shape[1]
    lanes = VECTOR_BYTES // weight.itemsize
    vectors = (hidden + lanes - 1) // lanes
    panels = (vectors + panel - 1) // panel
    each, longer = vectors // panels, vectors % panels
    for g in range(places.size):
        packed, left = out[g], 0
        for p in range(panels):
            size = (each + (p < longer)) * lanes
            for j in range(size):
                place = left * depth + j
                if left + j < hidden:
                    for k in range(depth):
                        packed[place + k * size] = weight[places[g] + left + j, k]
                else:
                    for k in range(depth):
                        packed[place + k * size] = 0
            left += size


@kernel
def pack_gates(weight, places, hidden, panel, out):
    """For the backward products: out[p] gets the panels of weight[places[p] : places[p] + hidden]."""
    columns = weight.shape[1]
    values = weight.reshape(-1)
    for g in range(places.size):
        pack_rows(values, places[g] * columns, columns, hidden, columns, panel, out[g])


@kernel
def pack_tiles(source, at, row, depth, columns, out):
    """As `pack_rows`, for the other side of a product: tiles of at most `ROWS` columns, each contiguous over the depth.

    A few rows of the source are read side by side: then what goes into one tile is a few whole cache lines.
    """
    tiles = (columns + ROWS - 1) // ROWS
    each, longer = columns // tiles, columns % tiles
    for top in range(0, depth, TOGETHER):
        end = min(top + TOGETHER, depth)
        first = 0
        for i in range(tiles):
            height = each + (i < longer)
            for k in range(top, end):
                if height == ROWS:
                    copy(out, first * depth + k * ROWS, source, at + k * row + first, ROWS)
                else:
                    for n in range(height):
                        out[first * depth + k * height + n] = source[at + k * row + first + n]
            first += height
