"""Kernels that ask a GPU one question each: whether an instruction does what ours rely on (`bench.gpu_checks`)."""

from __future__ import annotations

from collections.abc import Callable

from numba import float32, int32, uint32

from cells.cuda.kernels.instructions import (
    arrive,
    cluster_arrive,
    cluster_wait,
    cuda,
    load4,
    load_shared_by_blocks,
    multiply_bfloat16,
    pack_bfloat16,
    pointer,
    round_bfloat16,
    store_in_cluster,
    wait_for,
)


def make_ranks(blocks: int) -> Callable[..., None]:
    """Each block of a cluster writes 100 rank + i to place `rank` of every block i; out[i * blocks + rank] is that."""

    def ranks(out):
        thread, rank = int32(cuda.threadIdx.x), int32(cuda.blockIdx.x)
        shared = pointer(cuda.shared.array(0, int32, alignment=16))
        cluster_arrive()
        cluster_wait()  # before it nobody may write to a block that has perhaps not begun
        if thread == 0:
            for other in range(blocks):
                store_in_cluster(shared, rank, other, int32(100 * rank + other))
        cluster_arrive()
        cluster_wait()
        if thread < blocks:
            out[rank * blocks + thread] = shared[thread]

    return ranks


def make_phases(threads: int) -> Callable[..., None]:
    """Blocks write, meet and read what another block has written, over and over; out[block] counts stale numbers.

    numbers: two sets of blocks * threads, used by turns, as the states of two steps are.
    """

    def phases(numbers, counters, out, blocks, count):
        thread, block = int32(cuda.threadIdx.x), int32(cuda.blockIdx.x)
        size = int32(blocks * threads)
        stale = int32(0)
        for n in range(count):
            base = int32(n % 2 * size)
            numbers[int32(base + block * threads + thread)] = float32(n * blocks + block)
            cuda.syncthreads()
            if thread == 0:
                arrive(counters, 0)
                wait_for(counters, 0, int32((n + 1) * blocks))
            cuda.syncthreads()
            other = int32((block + 1 + thread) % blocks)
            seen = load_shared_by_blocks(numbers, int32(base + other * threads + thread))
            if seen != float32(n * blocks + other):
                stale = int32(stale + 1)
        # Each thread has its own place: a sum over threads would have to meet once more.
        out[int32(block * threads + thread)] = stale

    return phases


def make_fragments() -> Callable[..., None]:
    """One product of a warp on tensor cores: a (16, 16), b (16, 8), out (16, 8), row by row."""

    def fragments(a, b, out):
        lane = int32(cuda.threadIdx.x)
        row = int32(lane // 4)
        pair = int32(lane % 4 * 2)
        a0 = pack_bfloat16(a[int32(row * 16 + pair)], a[int32(row * 16 + pair + 1)])
        a1 = pack_bfloat16(a[int32((row + 8) * 16 + pair)], a[int32((row + 8) * 16 + pair + 1)])
        a2 = pack_bfloat16(a[int32(row * 16 + pair + 8)], a[int32(row * 16 + pair + 9)])
        a3 = pack_bfloat16(a[int32((row + 8) * 16 + pair + 8)], a[int32((row + 8) * 16 + pair + 9)])
        b0 = pack_bfloat16(b[int32(pair * 8 + row)], b[int32((pair + 1) * 8 + row)])
        b1 = pack_bfloat16(b[int32((pair + 8) * 8 + row)], b[int32((pair + 9) * 8 + row)])
        zero = float32(0)
        d = multiply_bfloat16((a0, a1, a2, a3), (b0, b1), (zero, zero, zero, zero))
        out[int32(row * 8 + pair)] = d[0]
        out[int32(row * 8 + pair + 1)] = d[1]
        out[int32((row + 8) * 8 + pair)] = d[2]
        out[int32((row + 8) * 8 + pair + 1)] = d[3]

    return fragments


def make_rounding() -> Callable[..., None]:
    """Each number rounded to bfloat16, and packed with its neighbour behind it."""

    def rounding(numbers, rounded, packed, count):
        i = int32(cuda.threadIdx.x)
        if i < count:
            rounded[i] = round_bfloat16(numbers[i])
            packed[i] = uint32(pack_bfloat16(numbers[i], numbers[(i + 1) % count]))

    return rounding


def make_last_words(words: int) -> Callable[..., None]:
    """Four neighbours at the very end of a block's shared memory, written and read back; out (4,)."""

    def last_words(out):
        thread = int32(cuda.threadIdx.x)
        shared = pointer(cuda.shared.array(0, float32, alignment=16))
        if thread < 4:
            shared[int32(words - 4 + thread)] = float32(thread + 1)
        cuda.syncthreads()
        if thread == 0:
            v = load4(shared, int32(words - 4))
            for e in range(4):
                out[e] = v[e]

    return last_words


def make_spin() -> Callable[..., None]:
    """Wait for a block that never comes."""

    def spin(counters):
        wait_for(counters, 0, 1)

    return spin
