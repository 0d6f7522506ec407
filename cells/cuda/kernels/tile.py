"""The compiled side of `cells.cuda.plan.tile`: how threads hold their weights, and how they multiply with them."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
from numba import float32, float64, int32, uint32

from cells.cuda.kernels.instructions import cuda, from_lane, load4, multiply_bfloat16, pointer
from cells.cuda.plan.tile import WARP, Tile
from cells.formula import formula

REALS = {"float32": float32, "float64": float64}


@functools.cache
def make_hold(tile: Tile, weights_at: int) -> Callable[..., None]:
    """`hold(weights, part, own, shared, thread)`: the weights of a part, to registers and to `weights_at` of shared."""
    pieces, held, threads = tile.pieces, tile.held, tile.threads
    in_registers, in_shared, width = tile.in_registers, tile.in_shared, tile.each
    if tile.tensor:
        width = 1

    @formula
    def hold(weights, part, own, shared, thread):
        if thread < threads:
            base = part * pieces * held * threads
            for c in range(in_registers):
                for q in range(width):
                    at = base + ((c * width + q) * threads + thread) * 4
                    w = load4(weights, at)
                    own[(c * width + q) * 4] = w[0]
                    own[(c * width + q) * 4 + 1] = w[1]
                    own[(c * width + q) * 4 + 2] = w[2]
                    own[(c * width + q) * 4 + 3] = w[3]
            for c in range(in_shared * width):
                for e in range(4):
                    place = (c * threads + thread) * 4 + e
                    shared[weights_at + place] = weights[base + in_registers * held * threads + place]

    return hold


@functools.cache
def make_product(tile: Tile, real: str, *, weights_at: int, stride: int, sums_at: int) -> Callable[..., None]:
    """`product(own, shared, weights, part, vectors_at, thread)`.

    Multiplies the tile's weights with the vectors at `vectors_at` of shared memory, `stride` apart, into the sums at
    `sums_at`; nobody reads them before the next barrier. weights_at: where those in shared memory begin.
    """
    if tile.tensor:
        return _make_tensor_product(tile, stride, sums_at)
    return _make_scalar_product(tile, real, weights_at, stride, sums_at)


def _make_scalar_product(tile: Tile, real: str, weights_at: int, stride: int, sums_at: int) -> Callable[..., None]:
    kind = REALS[real]
    zero = np.dtype(real).type(0)
    each = tile.each
    lanes = tile.lanes
    batch = tile.batch
    pieces = tile.pieces
    threads = tile.threads
    row_warps = tile.row_warps
    groups = WARP // tile.lanes
    padded_rows = tile.padded_rows
    held = tile.held
    in_registers, in_shared = tile.in_registers, tile.in_shared
    count = each * batch
    kept = max(count // lanes, 1)
    alike = max(lanes // count, 1)  # lanes that end with the same sum
    add_lanes = _make_add_lanes(count, lanes // 2)
    from_registers = _make_from_registers(tile, stride, 0)

    @formula
    def accumulate(sums, shared, at, q, w):
        for b in range(batch):
            v = load4(shared, int32(at + b * stride))
            sums[b * each + q] += w[0] * v[0]
            sums[b * each + q] += w[1] * v[1]
            sums[b * each + q] += w[2] * v[2]
            sums[b * each + q] += w[3] * v[3]

    @formula
    def product(own, shared, weights, part, vectors_at, thread):
        if thread < threads:
            lane = int32(thread % WARP)
            of_depth, of_rows = int32(lane % lanes), int32(lane // lanes)
            row_warp, depth_warp = int32(thread // WARP % row_warps), int32(thread // WARP // row_warps)
            sums = cuda.local.array(count, kind)
            for n in range(count):
                sums[n] = zero
            start = int32(vectors_at + (depth_warp * pieces * lanes + of_depth) * 4)
            from_registers(own, sums, shared, start)
            for c in range(in_registers, in_registers + in_shared):
                for q in range(each):
                    place = int32(weights_at + (((c - in_registers) * each + q) * threads + thread) * 4)
                    w = load4(shared, place)
                    accumulate(sums, shared, int32(start + c * lanes * 4), q, w)
            for c in range(in_registers + in_shared, pieces):
                for q in range(each):
                    w = load4(weights, int32((part * pieces + c) * held * threads + (q * threads + thread) * 4))
                    accumulate(sums, shared, int32(start + c * lanes * 4), q, w)
            add_lanes(sums, lane)
            if of_depth % alike == 0:
                at = int32(sums_at + depth_warp * batch * padded_rows + (row_warp * groups + of_rows) * each)
                for i in range(kept):
                    n = int32(of_depth // alike * kept + i)
                    shared[int32(at + n // each * padded_rows + n % each)] = sums[i]

    return product


def _make_from_registers(tile: Tile, stride: int, piece: int) -> Callable[..., None]:
    """Make the multiply-adds with the weights in registers, from a piece on.

    There is a function for each piece, so that every index of a register is a constant: the compiler unrolls no loop
    of this many operations.
    """
    if piece == tile.in_registers:
        return formula(lambda own, sums, shared, start: None)
    each, batch, lanes = tile.each, tile.batch, tile.lanes
    further = _make_from_registers(tile, stride, piece + 1)

    @formula
    def from_registers(own, sums, shared, start):
        for b in range(batch):
            v = load4(shared, int32(start + piece * lanes * 4 + b * stride))
            for q in range(each):
                n = (piece * each + q) * 4
                sums[b * each + q] += own[n] * v[0]
                sums[b * each + q] += own[n + 1] * v[1]
                sums[b * each + q] += own[n + 2] * v[2]
                sums[b * each + q] += own[n + 3] * v[3]
        further(own, sums, shared, start)

    return from_registers


def _make_add_lanes(count: int, distance: int) -> Callable[..., None]:
    """Add `count` sums over lanes: in halves, so that each lane ends with its share of the sums, then whole."""
    if distance == 0:
        return formula(lambda sums, lane: None)
    half = count // 2
    further = _make_add_lanes(max(half, 1), distance // 2)
    if half == 0:

        @formula
        def add_whole(sums, lane):
            sums[0] += from_lane(sums[0], distance)
            further(sums, lane)

        return add_whole

    @formula
    def add_half(sums, lane):
        high = (lane & distance) != 0
        for i in range(half):
            mine = sums[half + i] if high else sums[i]
            theirs = sums[i] if high else sums[half + i]
            sums[i] = mine + from_lane(theirs, distance)
        further(sums, lane)

    return add_half


def _make_tensor_product(tile: Tile, stride: int, sums_at: int) -> Callable[..., None]:
    pieces, threads, row_warps, padded_rows, batch = (
        tile.pieces,
        tile.threads,
        tile.row_warps,
        tile.padded_rows,
        tile.batch,
    )
    in_registers, held = tile.in_registers, tile.held
    zero = np.float32(0)

    @formula
    def product(own, shared, weights, part, vectors_at, thread):
        if thread < threads:
            lane = int32(thread % WARP)
            group, place = int32(lane // 4), int32(lane % 4)
            row_warp, depth_warp = int32(thread // WARP % row_warps), int32(thread // WARP // row_warps)
            words = pointer(cuda.shared.array(0, uint32, alignment=16))
            sums = (zero, zero, zero, zero)
            start = int32(vectors_at + group * stride + depth_warp * pieces * 8 + place)
            for c in range(in_registers):
                at = int32(start + c * 8)
                w = (own[4 * c], own[4 * c + 1], own[4 * c + 2], own[4 * c + 3])
                sums = multiply_bfloat16(w, (words[at], words[at + 4]), sums)
            for c in range(in_registers, pieces):
                at = int32(start + c * 8)
                w = load4(weights, int32(((part * pieces + c) * threads + thread) * held))
                sums = multiply_bfloat16(w, (words[at], words[at + 4]), sums)
            row = int32(sums_at + (depth_warp * batch + 2 * place) * padded_rows + row_warp * 16 + group)
            shared[row] = sums[0]
            shared[row + padded_rows] = sums[1]
            shared[row + 8] = sums[2]
            shared[row + padded_rows + 8] = sums[3]

    return product
