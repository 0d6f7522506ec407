"""How the blocks that share a batch row hand each other numbers, and how they wait for each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import int32, uint32

from cells.cuda.kernels.instructions import (
    arrive,
    cluster_arrive,
    cluster_wait,
    cuda,
    load4_shared_by_blocks,
    load_shared_by_blocks,
    pack_bfloat16,
    pointer,
    round_bfloat16,
    store_in_cluster,
    wait_for,
)
from cells.cuda.kernels.tile import REALS
from cells.cuda.plan.config import KernelConfig
from cells.cuda.plan.tile import Tile
from cells.formula import formula


def make_rounding(config: KernelConfig) -> Any:
    """Return what becomes of a number before it enters a product."""
    return round_bfloat16 if config.rounded else formula(lambda x: x)


def make_meeting(config: KernelConfig) -> tuple[Callable[..., None], Callable[..., None]]:
    """Make the two halves of a meeting of blocks.

    `done(counters, group, thread)` says that this block has finished a phase; `meet(counters, group, phases, thread)`
    waits until all have finished so many. Between the two there is time for what needs nobody else.
    """
    parts = config.parts
    if config.sharing == "cluster":

        @formula
        def done(counters, group, thread):
            cluster_arrive()

        @formula
        def meet(counters, group, phases, thread):
            cluster_wait()

    elif config.sharing == "grid":

        @formula
        def done(counters, group, thread):
            cuda.syncthreads()
            if thread == 0:
                arrive(counters, group)

        @formula
        def meet(counters, group, phases, thread):
            if thread == 0:
                wait_for(counters, group, phases * parts)
            cuda.syncthreads()

    else:

        @formula
        def done(counters, group, thread):
            pass

        @formula
        def meet(counters, group, phases, thread):
            cuda.syncthreads()

    return done, meet


def make_push(config: KernelConfig) -> Callable[..., None]:
    """`push(shared, at, value)`: a number to that place of the shared memory of every block of the row."""
    parts = config.parts
    rounding = make_rounding(config)
    if not config.tiles:
        return formula(lambda shared, at, value: None)
    if config.sharing == "cluster":

        @formula
        def push(shared, at, value):
            for rank in range(parts):
                store_in_cluster(shared, at, rank, rounding(value))

    else:

        @formula
        def push(shared, at, value):
            shared[at] = rounding(value)

    return push


def make_pull(config: KernelConfig, tile: Tile | None) -> Callable[..., None]:
    """`pull(source, at, of_row, rows, shared, thread)`: the vectors of the next product, from global memory.

    The first `rows` vectors stand at `at` of source, `of_row` apart; the others, and what is behind a vector, are zero.
    """
    if tile is None:
        return formula(lambda source, at, of_row, rows, shared, thread: None)
    depth = tile.depth
    stride = config.stride
    batch = config.rows
    threads = config.threads
    quads = tile.padded_depth // 4
    tensor = tile.tensor
    wide = config.hidden % 4 == 0
    zero = np.dtype(config.real).type(0)
    rounding = make_rounding(config)
    turns = -(-batch * quads // threads)

    @formula
    def put(shared, at, v0, v1, v2, v3):
        if tensor:
            words = pointer(cuda.shared.array(0, uint32, alignment=16))
            words[at] = pack_bfloat16(v0, v1)
            words[at + 1] = pack_bfloat16(v2, v3)
        else:
            shared[at] = rounding(v0)
            shared[at + 1] = rounding(v1)
            shared[at + 2] = rounding(v2)
            shared[at + 3] = rounding(v3)

    @formula
    def one(source, at, k):
        return load_shared_by_blocks(source, at) if k < depth else zero

    @formula
    def pull_scalars(source, at, of_row, rows, shared, thread):
        for turn in range(turns):
            i = int32(thread + turn * threads)
            r = int32(i // quads)
            k = int32((i - r * quads) * 4)
            here, there = int32(at + r * of_row + k), int32(r * stride + (k // 2 if tensor else k))
            if r < rows and k < depth:
                v0, v1 = one(source, here, k), one(source, here + 1, k + 1)
                v2, v3 = one(source, here + 2, k + 2), one(source, here + 3, k + 3)
                put(shared, there, v0, v1, v2, v3)
            elif r < batch:
                put(shared, there, zero, zero, zero, zero)

    # All loads of a chunk are under way before the first one is needed: the second-level cache is far.
    at_once = min(turns, 2 if config.real == "float64" else 4)
    chunks = -(-turns // at_once)
    room = 4 * at_once
    kind = REALS[config.real]

    @formula
    def pull_quads(source, at, of_row, rows, shared, thread):
        for chunk in range(chunks):
            found = cuda.local.array(room, kind)
            for turn in range(at_once):
                i = int32(thread + (chunk * at_once + turn) * threads)
                r = int32(i // quads)
                k = int32((i - r * quads) * 4)
                inside = r < rows and k < depth
                v = load4_shared_by_blocks(source, int32(at + r * of_row + k) if inside else at)
                found[4 * turn] = v[0] if inside else zero
                found[4 * turn + 1] = v[1] if inside else zero
                found[4 * turn + 2] = v[2] if inside else zero
                found[4 * turn + 3] = v[3] if inside else zero
            for turn in range(at_once):
                i = int32(thread + (chunk * at_once + turn) * threads)
                r = int32(i // quads)
                k = int32((i - r * quads) * 4)
                if r < batch:
                    there = int32(r * stride + (k // 2 if tensor else k))
                    n = 4 * turn
                    put(shared, there, found[n], found[n + 1], found[n + 2], found[n + 3])

    return pull_quads if wide else pull_scalars


def make_total(tile: Tile | None, real: str, sums_at: int) -> Callable[..., Any]:
    """`total(shared, b, row)`: the sum for a vector and a row of weights, over the warps along the depth."""
    zero = np.dtype(real).type(0)
    if tile is None:
        return formula(lambda shared, b, row: zero)
    depth_warps, batch, padded_rows = tile.depth_warps, tile.batch, tile.padded_rows

    @formula
    def total(shared, b, row):
        found = zero
        for d in range(depth_warps):
            found += shared[int32(sums_at + (d * batch + b) * padded_rows + row)]
        return found

    return total
