"""The multiply-add peak of this CPU: as many independent sums as the tile keeps, and nothing read from memory.

It is what a product could reach at best, measured the way products add: s += a * b, from three registers.
"""

from __future__ import annotations

import statistics
import time
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from cells.cpu.kernels.tile import ELEMENTS, INDEX, LANE_INDEX
from cells.cpu.target import target
from cells.cpu.threads.fork import fork, task_of
from cells.cpu.threads.pool import run
from cells.kernel_cache import inner, kernel

SUMS = target().rows * target().vectors
COUNT = 4_000_000  # multiply-adds of each sum in one measurement: some ten milliseconds
REPEATS = 9


@intrinsic
def _multiply_adds(typing_context, a, b, count):
    """`count` times s += a * b for each of `SUMS` vectors s; a number that depends on all of them."""
    suffix, scalar, itemsize = ELEMENTS[a]

    def codegen(context, builder, signature, arguments):
        lanes = target().lanes(itemsize)
        vector = ir.VectorType(scalar, lanes)
        name = f"llvm.{'fma' if target().fused else 'fmuladd'}.v{lanes}{suffix}"
        multiply_add = cgutils.get_or_insert_function(builder.module, ir.FunctionType(vector, [vector] * 3), name)

        def broadcast(value: Any) -> Any:
            undefined = ir.Constant(vector, ir.Undefined)
            first = builder.insert_element(undefined, value, ir.Constant(LANE_INDEX, 0))
            return builder.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(LANE_INDEX, lanes), [0] * lanes))

        one, other, count = broadcast(arguments[0]), broadcast(arguments[1]), arguments[2]
        before, loop, after = builder.block, builder.append_basic_block("loop"), builder.append_basic_block("done")
        builder.branch(loop)
        builder.position_at_end(loop)
        k = builder.phi(INDEX)
        k.add_incoming(ir.Constant(INDEX, 0), before)
        sums = [builder.phi(vector) for _ in range(SUMS)]
        for i, total in enumerate(sums):
            total.add_incoming(ir.Constant(vector, [float(i)] * lanes), before)
        updated = [builder.call(multiply_add, [one, other, total]) for total in sums]
        for total, value in zip(sums, updated, strict=True):
            total.add_incoming(value, loop)
        following = builder.add(k, ir.Constant(INDEX, 1))
        k.add_incoming(following, loop)
        builder.cbranch(builder.icmp_signed("<", following, count), loop, after)
        builder.position_at_end(after)
        all_of_them = updated[0]
        for value in updated[1:]:
            all_of_them = builder.fadd(all_of_them, value)
        return builder.extract_element(all_of_them, ir.Constant(LANE_INDEX, 0))

    return a(a, b, types.intp), codegen


@inner
def _share(share, results, a, b, count):
    results[share[0]] = _multiply_adds(a, b, count)


_share_task = task_of(_share)


@kernel
def _repeat(crew, shares, results, a, b, count):
    fork(crew, shares, _share_task(crew, shares, (results, a, b, count)))


def multiply_add_rate(dtype: str, threads: int = 1) -> float:
    """FLOP/s (a multiplication and an addition count as two) of so many threads together: median of `REPEATS`."""
    scalar = np.dtype(dtype).type
    flops = 2.0 * COUNT * SUMS * target().lanes(np.dtype(dtype).itemsize) * threads
    shares = np.array([(i, i + 1, i, threads) for i in range(threads)], np.int64)
    results = np.zeros((threads, 16), dtype)[:, 0]  # a cache line each
    times = []
    for _ in range(REPEATS + 1):
        start = time.perf_counter()
        run(_repeat, shares, results, scalar(1e-3), scalar(1e-3), COUNT)
        times.append(time.perf_counter() - start)
    return flops / statistics.median(times[1:])
