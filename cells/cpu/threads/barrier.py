"""Counters in memory through which threads in compiled code wait for each other, without Python and the system.

Waking a sleeping thread takes tens of microseconds (on a virtual machine hundreds), longer than a small layer's whole
call. Who waits here looks at a counter again and again, which shows a change within a fraction of a microsecond.
"""

from __future__ import annotations

import os
import platform
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic, register_jitable

from cells.numba_private import cgutils

PATIENCE = 4096  # looks at a counter before the CPU is offered to another thread
INT32 = ir.IntType(32)
INT64 = ir.IntType(64)
VOID = ir.VoidType()
X86, ARM = ("x86_64", "AMD64"), ("arm64", "aarch64")
YIELD = "sched_yield" if os.name == "posix" else "SwitchToThread"


def _counter(builder: Any, address: Any) -> Any:
    return builder.inttoptr(address, INT64.as_pointer())


@intrinsic
def load(typing_context, address):
    """Read the counter at `address`; what its writer stored before it is seen from here on."""

    def codegen(context: Any, builder: Any, made: Any, arguments: Any) -> Any:
        return builder.load_atomic(_counter(builder, arguments[0]), "acquire", 8)

    return types.int64(types.intp), codegen


@intrinsic
def store(typing_context, address, value):
    """Set the counter at `address`, after everything that this thread stored before."""

    def codegen(context: Any, builder: Any, made: Any, arguments: Any) -> Any:
        builder.store_atomic(arguments[1], _counter(builder, arguments[0]), "release", 8)
        return context.get_dummy_value()

    return types.void(types.intp, types.int64), codegen


@intrinsic
def raise_by_one(typing_context, address):
    """Raise the counter at `address`, after everything that this thread stored before."""

    def codegen(context: Any, builder: Any, made: Any, arguments: Any) -> Any:
        builder.atomic_rmw("add", _counter(builder, arguments[0]), INT64(1), "acq_rel")
        return context.get_dummy_value()

    return types.void(types.intp), codegen


@intrinsic
def take(typing_context, address, number):
    """Raise the counter at `address` from number - 1 to `number`; say whether it was this thread that did."""

    def codegen(context: Any, builder: Any, made: Any, arguments: Any) -> Any:
        place = _counter(builder, arguments[0])
        before = builder.sub(arguments[1], INT64(1))
        done = builder.cmpxchg(place, before, arguments[1], "acq_rel", "acquire")
        return builder.extract_value(done, 1)

    return types.boolean(types.intp, types.int64), codegen


@intrinsic
def pause(typing_context):
    """Tell the CPU that this thread only looks."""

    def codegen(context: Any, builder: Any, made: Any, arguments: Any) -> Any:
        if platform.machine() in X86:
            hint = cgutils.get_or_insert_function(builder.module, ir.FunctionType(VOID, []), "llvm.x86.sse2.pause")
            builder.call(hint, [])
        elif platform.machine() in ARM:
            hint = ir.FunctionType(VOID, [INT32])
            builder.call(cgutils.get_or_insert_function(builder.module, hint, "llvm.aarch64.hint"), [INT32(1)])
        return context.get_dummy_value()

    return types.void(), codegen


@intrinsic
def _let_others_run(typing_context):
    """Offer this thread's CPU to another one."""

    def codegen(context: Any, builder: Any, made: Any, arguments: Any) -> Any:
        function = ir.FunctionType(INT32, [])
        builder.call(cgutils.get_or_insert_function(builder.module, function, YIELD), [])
        return context.get_dummy_value()

    return types.void(), codegen


@register_jitable
def wait_for(address, count):
    """Look at the counter at `address` until it is at least `count`."""
    looks = 0
    while load(address) < count:
        looks += 1
        if looks % PATIENCE == 0:  # more threads than CPUs: whoever is awaited may need this one
            _let_others_run()
        pause()


@register_jitable
def barrier(address, parties, passed):
    """Wait until all `parties` have come here as often as this one, which came `passed` times before: now once more."""
    if parties > 1:
        raise_by_one(address)
        wait_for(address, parties * (passed + 1))
    return passed + 1
