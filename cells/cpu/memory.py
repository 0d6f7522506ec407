"""Memory for the kernels' arrays: aligned, and for large ones used again once nobody can see it any more.

A fresh large array costs a page fault for every 4 KiB that is touched: at medium sizes a third of a training step
(measured). So the memory of large arrays goes back to a pool when the last view of them is gone, and the next array
of that size takes it from there.
"""

from __future__ import annotations

import ctypes
import math
import weakref
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
CACHE_LINE = 64
BYTES = np.dtype(np.uint8)
POOLED_FROM = 64 * 1024  # bytes; smaller arrays come from memory that the allocator has at hand
POOL_BYTES = 512 * 1024 * 1024  # at most so much waits in the pool

_idle: dict[int, list[Array]] = {}


def aligned(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Return an uninitialised array that starts on a cache line: a vector across two lines is loaded twice."""
    size = math.prod(shape) * dtype.itemsize
    raw = np.empty(size + CACHE_LINE, BYTES) if size < POOLED_FROM else _pooled(size + CACHE_LINE)
    # The quickest way to ask for an address and to view memory: a small layer's step makes 11 arrays.
    address = ctypes.addressof(ctypes.c_char.from_buffer(raw.data))
    return np.ndarray(shape, dtype, raw, -address % CACHE_LINE)


def fresh(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Return an array as `aligned` does where it is large; a small one starts anywhere, which is quicker to get."""
    return np.empty(shape, dtype) if math.prod(shape) * dtype.itemsize < POOLED_FROM else aligned(shape, dtype)


def _pooled(size: int) -> Array:
    try:
        memory = _idle[size].pop()
    except (KeyError, IndexError):
        memory = np.empty(size, np.uint8)
    # Every view of `seen` keeps `seen` alive: NumPy follows bases as far as arrays go, and its base is a memoryview.
    seen = np.frombuffer(memory.data, np.uint8)
    weakref.finalize(seen, _give_back, memory).atexit = False
    return seen


def _give_back(memory: Array) -> None:
    """Let memory wait for the next array. Runs at any moment, in any thread: single operations on lists and dicts."""
    held = 0
    for size in list(_idle):
        held += size * len(_idle.get(size, ()))
    if held + memory.size > POOL_BYTES:
        _idle.clear()  # sizes that nobody asks for any more
    _idle.setdefault(memory.size, []).append(memory)
