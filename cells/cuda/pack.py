"""Recurrent weights in the order in which the threads of a tile hold them, made on the device."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import int32

from cells.cuda.compile import Kernel
from cells.cuda.design import Design
from cells.cuda.launch import launch
from cells.cuda.memory import DeviceArray, empty
from cells.cuda.ptx import pack_bfloat16, round_bfloat16
from cells.cuda.target import cuda
from cells.cuda.tile import WARP, Tile
from cells.formula import formula

THREADS = 128


def pack(design: Design, tile: Tile, way: str, weights: DeviceArray, places: DeviceArray) -> DeviceArray:
    """Weights for the threads of every part, flat: [part][piece][row of a thread][thread][4].

    On tensor cores words of two bfloat16: [part][piece][thread][4], fragments of mma.m16n8k16. weights: weight_hh
    (gates * H, H). places (gates,) int32: which block of its rows each gate of the product is. way: "forward", where a
    part has its units' rows of every gate, or "backward", where it has its units' columns of all gates.
    """
    kind, each = ("uint32", 2) if tile.tensor else (design.real, 1)
    size = design.parts * tile.padded_rows * tile.padded_depth // each
    out = empty((size,), np.dtype(kind))
    signature = (f"{design.real}*", "int32*", f"{kind}*", "int32")
    kernel = Kernel(make_pack, (design, tile, way), signature, THREADS)
    launch(kernel, (-(-size // 4 // THREADS), 1), 0, (weights, places, out, size // 4))
    return out


def make_pack(design: Design, tile: Tile, way: str) -> Callable[..., None]:
    """The kernel: a thread makes four neighbours of the packed weights."""
    hidden, units, rows, depth = design.hidden, design.units, tile.rows, tile.depth
    pieces, row_warps, depth_warps = tile.pieces, tile.row_warps, tile.depth_warps
    each, lanes, groups = tile.each, tile.lanes, WARP // tile.lanes
    rounded, zero, backward, tensor = design.rounded, np.dtype(design.real).type(0), way == "backward", tile.tensor

    @formula
    def weight(weights, places, part, row, k):
        """The number at a row of a part's own weights and a place along their depth; zero beyond both."""
        gate, u, column = row // units, row % units, k
        if backward:
            gate, u, column = k // hidden, row, k % hidden
        unit = part * units + u
        if row >= rows or k >= depth or unit >= hidden:
            return zero
        at = (places[gate] * hidden + unit) * hidden + column
        if backward:
            at = (places[gate] * hidden + column) * hidden + unit
        return round_bfloat16(weights[at]) if rounded else weights[at]

    def scalar(weights, places, out, quads):
        i = int32(cuda.blockIdx.x * THREADS + cuda.threadIdx.x)
        if i < quads:
            lane, rest = i % lanes, i // lanes
            group, rest = rest % groups, rest // groups
            row_warp, rest = rest % row_warps, rest // row_warps
            depth_warp, rest = rest % depth_warps, rest // depth_warps
            q, rest = rest % each, rest // each
            piece, part = rest % pieces, rest // pieces
            row = (row_warp * groups + group) * each + q
            k = ((depth_warp * pieces + piece) * lanes + lane) * 4
            for e in range(4):
                out[i * 4 + e] = weight(weights, places, part, row, k + e)

    def fragments(weights, places, out, quads):
        i = int32(cuda.blockIdx.x * THREADS + cuda.threadIdx.x)
        if i < quads:
            place, rest = i % 4, i // 4
            group, rest = rest % 8, rest // 8
            row_warp, rest = rest % row_warps, rest // row_warps
            depth_warp, rest = rest % depth_warps, rest // depth_warps
            piece, part = rest % pieces, rest // pieces
            for e in range(4):  # half of the depth, half of the rows
                row = row_warp * 16 + e % 2 * 8 + group
                k = (((depth_warp * pieces + piece) * 2 + e // 2) * 4 + place) * 2
                low, high = weight(weights, places, part, row, k), weight(weights, places, part, row, k + 1)
                out[i * 4 + e] = pack_bfloat16(low, high)

    return fragments if tensor else scalar
