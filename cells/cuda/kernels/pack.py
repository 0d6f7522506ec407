"""The kernel of `cells.cuda.pack`: a thread makes four neighbours of the packed weights.

Sizes are arguments, not constants: packing is a small part of a call, and one kernel serves every size.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import int32

from cells.cuda.kernel import PACKING as THREADS
from cells.cuda.kernels.instructions import cuda, pack_bfloat16, round_bfloat16
from cells.cuda.plan.tile import WARP
from cells.formula import formula


def make_pack(real: str, way: str, tensor: bool, rounded: bool) -> Callable[..., None]:
    """out[quads, 4] from weights (gates * hidden, hidden); sizes as in `cells.cuda.plan`."""
    zero = np.dtype(real).type(0)
    backward = way == "backward"

    @formula
    def weight(weights, places, sizes, part, row, k):
        """Return the number at a row of a part's own weights and a place along their depth; zero beyond both."""
        hidden, units, rows, depth = sizes
        if backward:
            gate = k // hidden
            u = row
            column = k % hidden
        else:
            gate = row // units
            u = row % units
            column = k
        unit = part * units + u
        if row >= rows or k >= depth or unit >= hidden:
            return zero
        if backward:
            at = (places[gate] * hidden + column) * hidden + unit
        else:
            at = (places[gate] * hidden + unit) * hidden + column
        return round_bfloat16(weights[at]) if rounded else weights[at]

    def scalar(weights, places, out, quads, hidden, units, rows, depth, pieces, row_warps, depth_warps, each, lanes):
        i = int32(cuda.blockIdx.x * THREADS + cuda.threadIdx.x)
        if i < quads:
            groups = WARP // lanes
            lane, rest = i % lanes, i // lanes
            group, rest = rest % groups, rest // groups
            row_warp, rest = rest % row_warps, rest // row_warps
            depth_warp, rest = rest % depth_warps, rest // depth_warps
            q, rest = rest % each, rest // each
            piece, part = rest % pieces, rest // pieces
            row = (row_warp * groups + group) * each + q
            k = ((depth_warp * pieces + piece) * lanes + lane) * 4
            sizes = (hidden, units, rows, depth)
            for e in range(4):
                out[i * 4 + e] = weight(weights, places, sizes, part, row, k + e)

    def fragments(weights, places, out, quads, hidden, units, rows, depth, pieces, row_warps, depth_warps, each, lanes):
        i = int32(cuda.blockIdx.x * THREADS + cuda.threadIdx.x)
        if i < quads:
            place, rest = i % 4, i // 4
            group, rest = rest % 8, rest // 8
            row_warp, rest = rest % row_warps, rest // row_warps
            depth_warp, rest = rest % depth_warps, rest // depth_warps
            piece, part = rest % pieces, rest // pieces
            sizes = (hidden, units, rows, depth)
            for e in range(4):  # half of the depth, half of the rows
                row = row_warp * 16 + e % 2 * 8 + group
                k = (((depth_warp * pieces + piece) * 2 + e // 2) * 4 + place) * 2
                low = weight(weights, places, sizes, part, row, k)
                high = weight(weights, places, sizes, part, row, k + 1)
                out[i * 4 + e] = pack_bfloat16(low, high)

    return fragments if tensor else scalar
