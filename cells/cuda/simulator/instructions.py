"""What a kernel calls, in the simulator's terms: `cuda`, and the instructions of `cells.cuda.kernels.ptx`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.np.numpy_support import as_dtype

from cells.cuda.simulator.machine import Memory, SimulationError, this_thread, wait, with_warp


class _Index:
    def __init__(self, x: int, y: int = 0) -> None:
        self.x, self.y = x, y


class _Shared:
    @staticmethod
    def array(size: int, dtype: Any, alignment: int) -> Memory:
        """Dynamic shared memory (size 0)."""
        if size != 0:
            raise SimulationError(f"shared memory of fixed size {size}; allowed: 0, the launch decides")
        return this_thread().block.view(dtype)


class _Local:
    @staticmethod
    def array(shape: Any, dtype: Any) -> Any:
        """Return registers: full of NaN, or of zeros for integers."""
        kind = as_dtype(dtype)
        return np.full(shape, np.nan if kind.kind == "f" else 0, kind)


class _Cuda:
    """What `cuda` means inside a kernel."""

    shared, local = _Shared, _Local
    threadIdx = property(lambda self: _Index(this_thread().number))
    blockIdx = property(lambda self: _Index(*this_thread().block.place))

    @staticmethod
    def syncthreads() -> None:
        """Wait for the block."""
        wait("block")


cuda = _Cuda()


# The instructions of `cells.cuda.kernels.ptx`.


def pointer(memory: Memory) -> Memory:
    """Return an array, which is its own address."""
    return memory


def load4(memory: Memory, index: int) -> tuple[Any, ...]:
    """Four neighbours, the first at a multiple of four."""
    if index % 4:
        raise SimulationError(f"four elements at once from {memory.what}[{index}]; allowed: multiples of 4")
    return tuple(memory[index + e] for e in range(4))


load4_shared_by_blocks = load4


def from_lane(value: Any, distance: int) -> Any:
    """Return what the lane whose number differs by these bits has as `value`."""
    return with_warp(value, lambda given: {lane: given[lane ^ distance] for lane in given})


def load_shared_by_blocks(memory: Memory, index: int) -> Any:
    """Past the first-level cache, which other blocks' writes do not reach."""
    return memory[index]


def arrive(counter: Memory, index: int) -> None:
    """Count this block in; what its threads wrote before is visible to who sees the count."""
    counter.values[counter.place(index)] += 1


def wait_for(counter: Memory, index: int, target: int) -> None:
    """Wait until so many blocks have been counted in."""
    while counter.values[counter.place(index)] < target:
        wait("count")
    this_thread().block.phase += 1


def cluster_arrive() -> None:
    """First half of a cluster's barrier."""


def cluster_wait() -> None:
    """Second half: wait for every thread of the cluster."""
    wait("cluster")


def store_in_cluster(memory: Memory, index: int, rank: int, value: Any) -> None:
    """Write into the shared memory of another block of the cluster, at the place that `memory` has in this one."""
    neighbour = this_thread().block.neighbours[rank]
    neighbour.shared.setdefault(memory.values.dtype, Memory(neighbour.raw.view(memory.values.dtype), "shared memory"))
    neighbour.shared[memory.values.dtype][index] = value


def round_bfloat16(x: Any) -> Any:
    """Return the nearest bfloat16, ties to even, as float32."""
    return _float32(_bits(x) << 16)


def pack_bfloat16(low: Any, high: Any) -> Any:
    """Two bfloat16 in a word."""
    return np.uint32(_bits(low) | _bits(high) << 16)


def _bits(x: Any) -> int:
    word = int(np.float32(x).view(np.uint32))
    return (word + 0x7FFF + (word >> 16 & 1)) >> 16


def _float32(word: int) -> Any:
    return np.uint32(word & 0xFFFF0000).view(np.float32)


def multiply_bfloat16(a: Any, b: Any, c: Any) -> tuple[Any, ...]:
    """mma.sync m16n8k16: D = A B + C for a warp; A 4 words a lane, B 2, C 4 float32 (PTX ISA, fragment layouts)."""

    def combine(lanes: dict[int, Any]) -> dict[int, Any]:
        left, right, added = np.zeros((16, 16)), np.zeros((16, 8)), np.zeros((16, 8))
        for lane, (of_left, of_right, of_added) in lanes.items():
            row, pair = lane >> 2, 2 * (lane & 3)
            for word, (down, over) in zip(of_left, ((0, 0), (8, 0), (0, 8), (8, 8)), strict=True):
                left[row + down, pair + over : pair + over + 2] = _pair(word)
            for half, word in enumerate(of_right):
                right[pair + 8 * half : pair + 8 * half + 2, row] = _pair(word)
            added[row, pair : pair + 2], added[row + 8, pair : pair + 2] = of_added[:2], of_added[2:]
        d = (left @ right + added).astype(np.float32)
        return {n: (*d[n >> 2, 2 * (n & 3) :][:2], *d[(n >> 2) + 8, 2 * (n & 3) :][:2]) for n in lanes}

    answer: tuple[Any, ...] = with_warp((a, b, c), combine)
    return answer


def _pair(word: Any) -> tuple[Any, Any]:
    return _float32(int(word) << 16), _float32(int(word))
