"""Weights as the tile reads them, and the padding that spares every kernel its tails.

The unit axis of every array the kernels touch is padded to whole vectors (`width`), and its rows stand `stride`
apart. Padded weights are zero, so padded units never reach a real one. A packed matrix (depth, columns) is a run of
panels of at most `panel` vectors, as even as can be (none is a narrow rest), each contiguous over the depth.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cells.cpu.cache import kernel
from cells.cpu.target import target
from cells.cpu.vector import copy

Array = NDArray[Any]
CACHE_LINE, COLLIDING = 64, 2048
VECTOR_BYTES = target().vector_bytes
ROWS, TOGETHER = target().rows, 16
QUAD = VECTOR_BYTES // 8  # half a vector of float32, a whole one of float64


def width(size: int, itemsize: int) -> int:
    """`size` rounded up to whole vectors."""
    lanes = target().lanes(itemsize)
    return -(-size // lanes) * lanes


def stride(size: int, itemsize: int) -> int:
    """Distance of the rows of an array of states or slots: `width`, and a cache line where rows would collide.

    Rows a multiple of 2 KiB apart share few sets of the first-level cache, and push each other out.
    """
    padded = width(size, itemsize)
    return padded + (CACHE_LINE // itemsize if padded * itemsize % COLLIDING == 0 else 0)


def aligned(shape: tuple[int, ...], dtype: Any) -> Array:
    """Uninitialised array that starts on a cache line: a vector across two lines is loaded twice."""
    size = math.prod(shape) * dtype.itemsize
    raw = np.empty(size + CACHE_LINE, np.uint8)
    start = -raw.__array_interface__["data"][0] % CACHE_LINE
    array: Array = raw[start : start + size].view(dtype).reshape(shape)
    return array


@kernel
def pack_transposed(weight, top, rows, panel, out):
    """Panels of weight[top : top + rows].T, a matrix of depth weight.shape[1] and `rows` columns, into flat `out`.

    For the forward products: a sum over inputs, its columns the units of one gate.
    """
    depth = weight.shape[1]
    lanes = VECTOR_BYTES // weight.itemsize
    vectors = (rows + lanes - 1) // lanes
    panels = (vectors + panel - 1) // panel
    each, longer = vectors // panels, vectors % panels
    left = 0
    for p in range(panels):
        size = (each + (p < longer)) * lanes
        for j in range(size):
            if left + j < rows:
                for k in range(depth):
                    out[left * depth + j + k * size] = weight[top + left + j, k]
            else:
                for k in range(depth):
                    out[left * depth + j + k * size] = 0
        left += size


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
