"""Multiply-adds as products have them, s += a * b from three registers, and nothing read from memory."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from cells.cpu.kernels.tile import ELEMENTS, INDEX, LANE_INDEX
from cells.cpu.target import target
from cells.cpu.threads.fork import fork, task_of
from cells.kernel_cache import inner, kernel
from cells.numba_private import cgutils

SUMS = target().rows * target().vectors


@intrinsic
def _multiply_adds(typing_context, a, b, count):
    """Do `count` times s += a * b for each of `SUMS` vectors s, from 0, 1, ... on; return lane 0 of their sum."""
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

        one = broadcast(arguments[0])
        other = broadcast(arguments[1])
        count = arguments[2]
        before = builder.block
        loop = builder.append_basic_block("loop")
        after = builder.append_basic_block("done")
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
def add_repeatedly(worker_table, shares, results, a, b, count):
    """Do `count` times s += a * b for `SUMS` vectors s in every share; results: (threads,), gets the sum of lane 0."""
    fork(worker_table, shares, _share_task(worker_table, shares, (results, a, b, count)))
