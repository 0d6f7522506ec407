"""Weights as the tile reads them, and the padding that spares every kernel its tails.

The unit axis of every array the kernels touch is padded to whole vectors (`width`) or chunks (`stride`). Padded weights
are zero, so padded units never reach a real one. A packed matrix (depth, columns) is a run of panels of at most `panel`
vectors, as even as can be (none is a narrow rest), each contiguous over the depth.
"""

from __future__ import annotations

import numpy as np

from cells.cpu.kernels.vector import copy, transpose
from cells.cpu.target import target
from cells.cpu.threads.fork import fork, task_of
from cells.kernel_cache import inner, kernel

COLLIDING = 2048
VECTOR_BYTES = target().vector_bytes
ROWS, TOGETHER = target().rows, 16
ZERO = np.int64(0)  # typed: for a literal `pack_rows` would be compiled once more
QUAD = VECTOR_BYTES // 8  # half a vector of float32, a whole one of float64


def width(size: int, itemsize: int) -> int:
    """`size` rounded up to whole vectors."""
    lanes = target().lanes(itemsize)
    return -(-size // lanes) * lanes


def stride(size: int, itemsize: int) -> int:
    """`size` rounded up to whole chunks: what a step of a row takes in an array of states or slots."""
    chunk = target().chunk_bytes // itemsize
    return -(-size // chunk) * chunk


def window(steps: int, step_bytes: int) -> int:
    """Distance of the rows of such an array in steps: `steps`, or one more where rows would collide.

    Rows a multiple of 2 KiB apart share few sets of the first-level cache, and push each other out.
    """
    return steps + (steps * step_bytes % COLLIDING == 0)


def even_panel(vectors: int, parties: int, most: int) -> int:
    """Vectors of the widest panel, at most `most`, such that each of `parties` threads has as many panels; 0: none.

    Each thread's part is of whole chunks, so that no thread's formula touches another's units.
    """
    part, rest = divmod(vectors, parties)
    if rest or part % 2:
        return 0
    return max(panel for panel in range(1, min(part, most) + 1) if part % panel == 0)


@inner
def pack_rows(source, at, row, count, columns, panel, out, begin, depth):
    """Panels of the matrix whose element (k, n), k < depth, n < columns, is source[at + (k - begin) * row + n].

    source: flat. Only the k in [begin, begin + count) are packed.
    """
    lanes = VECTOR_BYTES // out.itemsize
    vectors = (columns + lanes - 1) // lanes
    panels = (vectors + panel - 1) // panel
    each, longer = vectors // panels, vectors % panels
    left = 0
    for p in range(panels):
        size = (each + (p < longer)) * lanes
        real = min(size, columns - left)
        whole = real // QUAD * QUAD
        for k in range(count):
            read, place = at + k * row + left, left * depth + (begin + k) * size
            for n in range(0, whole, QUAD):
                copy(out, place + n, source, read + n, QUAD)
            for n in range(whole, real):
                out[place + n] = source[read + n]
            for n in range(real, size):
                out[place + n] = 0
        left += size


@inner
def _forward(share, weight, places, hidden, panel, beside, out):
    """For the forward products: out gets the panels of weight[places[g] : places[g] + hidden].T for each gate g.

    Depth is weight.shape[1], the inputs of a sum; the columns are the `hidden` units of a gate. `beside` gates stand
    side by side (they are 1 or all): the panels of a strip. A share is of all panels, gate
    by gate.
    """
    first, last, _, _, _ = share
    depth, values = weight.shape[1], weight.reshape(-1)
    lanes = VECTOR_BYTES // weight.itemsize
    vectors = (hidden + lanes - 1) // lanes
    panels = (vectors + panel - 1) // panel
    each, longer = vectors // panels, vectors % panels
    for both in range(first, last):
        g, p = both // panels, both % panels
        size, left = (each + (p < longer)) * lanes, (each * p + min(p, longer)) * lanes
        begin = (g // beside * vectors * lanes + left) * beside * depth + g % beside * size
        real = max(min(size, hidden - left), 0)
        square_rows, square_columns, row = real // lanes * lanes, depth // lanes * lanes, size * beside
        for k in range(0, square_columns, lanes):
            for j in range(0, square_rows, lanes):
                transpose(out, begin + j + k * row, row, values, (places[g] + left + j) * depth + k, depth)
        for k in range(depth):
            for j in range(square_rows if k < square_columns else 0, real):
                out[begin + j + k * row] = values[(places[g] + left + j) * depth + k]
            for j in range(real, size):
                out[begin + j + k * row] = 0


@inner
def _backward(share, weight, places, hidden, panel, out):
    """For the backward products: the panels of weight[places[g] : places[g] + hidden] for each gate g of a share."""
    first, last, _, _, _ = share
    columns, lanes = weight.shape[1], VECTOR_BYTES // weight.itemsize
    values, size = weight.reshape(-1), hidden * ((columns + lanes - 1) // lanes * lanes)
    for g in range(first, last):
        part = out[g * size : (g + 1) * size]
        pack_rows(values, places[g] * columns, columns, hidden, columns, panel, part, ZERO, hidden)


_forward_task = task_of(_forward)


@kernel
def forward(crew, shares, weight, places, hidden, panel, beside, out):
    """All shares of `_forward`."""
    fork(crew, shares, _forward_task(crew, shares, (weight, places, hidden, panel, beside, out)))


_backward_task = task_of(_backward)


@kernel
def backward(crew, shares, weight, places, hidden, panel, out):
    """All shares of `_backward`."""
    fork(crew, shares, _backward_task(crew, shares, (weight, places, hidden, panel, out)))


@inner
def pack_tiles(source, at, row, count, columns, out, begin, depth):
    """As `pack_rows`, for the other side of a product: tiles of at most `ROWS` columns, each contiguous over the depth.

    A few rows of the source are read side by side: then what goes into one tile is a few whole cache lines.
    """
    tiles = (columns + ROWS - 1) // ROWS
    each, longer = columns // tiles, columns % tiles
    for top in range(0, count, TOGETHER):
        end = min(top + TOGETHER, count)
        first = 0
        for i in range(tiles):
            height = each + (i < longer)
            for k in range(top, end):
                read, place = at + k * row + first, first * depth + (begin + k) * height
                if height == ROWS:
                    copy(out, place, source, read, ROWS)
                else:
                    for n in range(height):
                        out[place + n] = source[read + n]
            first += height
