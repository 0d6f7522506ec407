"""The product of one step: rows of a weight matrix, which threads hold, times the vectors of a few batch rows.

A block has its rows of the weights. Lanes of a warp split the depth of a row among them and warps split it further;
each thread multiplies its piece of some rows with the vectors in shared memory, then the pieces are added: over the
lanes by shuffles, over the warps by who reads the sums. Weights stand in registers as far as they fit, then in shared
memory, and what is left is read from the second-level cache at every step.

Two kinds of tile do the same work: of fused multiply-adds, and of tensor cores (bfloat16 in, float32 out).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numba import float32, float64, int32, uint32

from cells.cuda.ptx import from_lane, load4, multiply_bfloat16, pointer
from cells.cuda.target import cuda
from cells.formula import formula

REALS = {"float32": float32, "float64": float64}
WARP = 32


@dataclass(frozen=True)
class Tile:
    """How a block shares the product of `rows` rows of weights, `depth` deep, with `batch` vectors at once.

    each: rows of a thread. lanes: of a warp that share a row. row_warps, depth_warps: how warps share rows and depth.
    in_registers, in_shared: pieces of a thread's weights that stand there. tensor: on tensor cores, where a piece is 16
    deep, `each` is 16 rows of a warp, and `batch` is 8; else a piece is 4 deep.
    """

    rows: int
    depth: int
    batch: int
    each: int
    lanes: int
    row_warps: int
    depth_warps: int
    in_registers: int
    in_shared: int
    tensor: bool = False

    @property
    def threads(self) -> int:
        """That take part."""
        return WARP * self.row_warps * self.depth_warps

    @property
    def pieces(self) -> int:
        """Of the depth, for each thread."""
        width = 16 if self.tensor else 4 * self.lanes
        return -(-self.depth // (width * self.depth_warps))

    @property
    def padded_depth(self) -> int:
        """With the zeros behind it."""
        return self.pieces * self.depth_warps * (16 if self.tensor else 4 * self.lanes)

    @property
    def stride(self) -> int:
        """32-bit words or elements between two vectors in shared memory."""
        return self.padded_depth // 2 + 4 if self.tensor else self.padded_depth  # 4: lanes of 8 rows on 32 banks

    @property
    def padded_rows(self) -> int:
        """With the rows of zeros behind them."""
        return self.row_warps * (16 if self.tensor else WARP // self.lanes * self.each)

    @property
    def held(self) -> int:
        """Words of a thread's weights in a piece."""
        return 4 if self.tensor else 4 * self.each

    @property
    def registers(self) -> int:
        """Words of weights that a thread holds in registers."""
        return self.in_registers * self.held

    @property
    def shared(self) -> int:
        """Words of weights in shared memory."""
        return self.in_shared * self.held * self.threads

    @property
    def sums(self) -> int:
        """Elements of shared memory for the sums: [warp along the depth][vector][row]."""
        return self.depth_warps * self.batch * self.padded_rows


@functools.cache
def make_hold(tile: Tile) -> Callable[..., None]:
    """`hold(weights, part, own, shared, shared_at, thread)`: the weights of a part, to registers and shared memory."""
    pieces, held, threads = tile.pieces, tile.held, tile.threads
    in_registers, in_shared, width = tile.in_registers, tile.in_shared, tile.each
    if tile.tensor:
        width = 1

    @formula
    def hold(weights, part, own, shared, shared_at, thread):
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
                    shared[shared_at + place] = weights[base + in_registers * held * threads + place]

    return hold


@functools.cache
def make_product(tile: Tile, real: str) -> Callable[..., None]:
    """`product(own, shared, shared_at, weights, part, vectors_at, stride, sums_at, thread)`.

    Multiplies the tile's weights with the vectors at `vectors_at` of shared memory, `stride` apart, into the sums at
    `sums_at`; nobody reads them before the next barrier.
    """
    return _make_tensor_product(tile) if tile.tensor else _make_scalar_product(tile, real)


def _make_scalar_product(tile: Tile, real: str) -> Callable[..., None]:
    kind, zero = REALS[real], np.dtype(real).type(0)
    each, lanes, batch, pieces, threads = tile.each, tile.lanes, tile.batch, tile.pieces, tile.threads
    row_warps, groups, padded_rows, held = tile.row_warps, WARP // tile.lanes, tile.padded_rows, tile.held
    in_registers, in_shared = tile.in_registers, tile.in_shared
    count = each * batch
    kept = max(count // lanes, 1)
    sharing = max(lanes // count, 1)  # lanes that end with the same sum
    add_lanes = _make_add_lanes(count, lanes // 2)
    from_registers = _make_from_registers(tile, 0)

    @formula
    def accumulate(sums, shared, at, stride, q, w0, w1, w2, w3):
        for b in range(batch):
            v = load4(shared, int32(at + b * stride))
            sums[b * each + q] += w0 * v[0]
            sums[b * each + q] += w1 * v[1]
            sums[b * each + q] += w2 * v[2]
            sums[b * each + q] += w3 * v[3]

    @formula
    def product(own, shared, shared_at, weights, part, vectors_at, stride, sums_at, thread):
        if thread < threads:
            lane = int32(thread % WARP)
            of_depth, of_rows = int32(lane % lanes), int32(lane // lanes)
            row_warp, depth_warp = int32(thread // WARP % row_warps), int32(thread // WARP // row_warps)
            sums = cuda.local.array(count, kind)
            for n in range(count):
                sums[n] = zero
            start = int32(vectors_at + (depth_warp * pieces * lanes + of_depth) * 4)
            from_registers(own, sums, shared, start, stride)
            for c in range(in_registers, in_registers + in_shared):
                for q in range(each):
                    place = int32(shared_at + (((c - in_registers) * each + q) * threads + thread) * 4)
                    w = load4(shared, place)
                    accumulate(sums, shared, int32(start + c * lanes * 4), stride, q, w[0], w[1], w[2], w[3])
            for c in range(in_registers + in_shared, pieces):
                for q in range(each):
                    w = load4(weights, int32((part * pieces + c) * held * threads + (q * threads + thread) * 4))
                    accumulate(sums, shared, int32(start + c * lanes * 4), stride, q, w[0], w[1], w[2], w[3])
            add_lanes(sums, lane)
            if of_depth % sharing == 0:
                at = int32(sums_at + depth_warp * batch * padded_rows + (row_warp * groups + of_rows) * each)
                for i in range(kept):
                    n = int32(of_depth // sharing * kept + i)
                    shared[int32(at + n // each * padded_rows + n % each)] = sums[i]

    return product


def _make_from_registers(tile: Tile, piece: int) -> Callable[..., None]:
    """The multiply-adds with the weights in registers, from a piece on. A function for each piece, so that every index
    of a register is a constant: the compiler unrolls no loop of this many operations.
    """
    if piece == tile.in_registers:
        return formula(lambda own, sums, shared, start, stride: None)
    each, batch, lanes = tile.each, tile.batch, tile.lanes
    further = _make_from_registers(tile, piece + 1)

    @formula
    def from_registers(own, sums, shared, start, stride):
        for b in range(batch):
            v = load4(shared, int32(start + piece * lanes * 4 + b * stride))
            for q in range(each):
                n = (piece * each + q) * 4
                sums[b * each + q] += own[n] * v[0]
                sums[b * each + q] += own[n + 1] * v[1]
                sums[b * each + q] += own[n + 2] * v[2]
                sums[b * each + q] += own[n + 3] * v[3]
        further(own, sums, shared, start, stride)

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


def _make_tensor_product(tile: Tile) -> Callable[..., None]:
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
    def product(own, shared, shared_at, weights, part, vectors_at, stride, sums_at, thread):
        if thread < threads:
            lane = int32(thread % WARP)
            group, place = int32(lane // 4), int32(lane % 4)
            row_warp, depth_warp = int32(thread // WARP % row_warps), int32(thread // WARP // row_warps)
            words = pointer(cuda.shared.array(0, uint32, alignment=16))
            s0, s1, s2, s3 = zero, zero, zero, zero
            start = int32(vectors_at + group * stride + depth_warp * pieces * 8 + place)
            for c in range(in_registers):
                at = int32(start + c * 8)
                s0, s1, s2, s3 = multiply_bfloat16(
                    own[4 * c], own[4 * c + 1], own[4 * c + 2], own[4 * c + 3], words[at], words[at + 4], s0, s1, s2, s3
                )
            for c in range(in_registers, pieces):
                at = int32(start + c * 8)
                w = load4(weights, int32(((part * pieces + c) * threads + thread) * held))
                s0, s1, s2, s3 = multiply_bfloat16(w[0], w[1], w[2], w[3], words[at], words[at + 4], s0, s1, s2, s3)
            row = int32(sums_at + (depth_warp * batch + 2 * place) * padded_rows + row_warp * 16 + group)
            shared[row] = s0
            shared[row + padded_rows] = s1
            shared[row + 8] = s2
            shared[row + padded_rows + 8] = s3

    return product
