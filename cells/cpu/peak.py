"""The multiply-add peak of this CPU: as many independent sums as the tile keeps, and nothing read from memory.

It is what a product could reach at best, measured the way products add: s += a * b, from three registers.
"""

from __future__ import annotations

import statistics
import time

import numpy as np

from cells.cpu.kernels.peak import SUMS, add_repeatedly
from cells.cpu.layout import Array
from cells.cpu.target import target
from cells.cpu.threads.pool import call_kernel

COUNT = 4_000_000  # multiply-adds of each sum in one measurement: some ten milliseconds
REPEATS = 9


def operations(dtype: str, threads: int, count: int) -> float:
    """Return the floating-point operations of `add`: a multiplication and an addition count as two."""
    return 2.0 * count * SUMS * target().lanes(np.dtype(dtype).itemsize) * threads


def add(dtype: str, threads: int, count: int, factor: float) -> Array:
    """Add factor * factor `count` times to each of the sums of every thread; return lane 0 of their sum, (threads,)."""
    scalar = np.dtype(dtype).type(factor)
    shares = np.array([(i, i + 1, i, threads) for i in range(threads)], np.int64)
    results = np.zeros((threads, 16), dtype)[:, 0]  # a cache line each
    call_kernel(add_repeatedly, shares, results, scalar, scalar, count)
    return results


def multiply_add_rate(dtype: str, threads: int = 1) -> float:
    """Return the FLOP/s of so many threads together: median of `REPEATS`."""
    times = []
    for _ in range(REPEATS + 1):
        start = time.perf_counter()
        add(dtype, threads, COUNT, 1e-3)
        times.append(time.perf_counter() - start)
    return operations(dtype, threads, COUNT) / statistics.median(times[1:])
