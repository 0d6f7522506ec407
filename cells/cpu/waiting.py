"""Waiting for another thread for a moment: a counter in memory that one side raises and the other side watches.

Waking a sleeping thread takes tens of microseconds (on a virtual machine hundreds), longer than a small layer's whole
call. Who waits here looks at the counter again and again, which sees a change within a fraction of a microsecond.
"""

from __future__ import annotations

import os
import platform
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, register_jitable

from cells.cpu.cache import kernel

PATIENCE = 4096  # looks at a barrier's counter before the CPU is offered to another thread
ABANDONED = 1 << 62  # a counter so high that nobody waits for it
SHORTLY = 20  # a caller is inside its share within this part of the looks after which a thread goes to sleep
INT32, INT64, VOID = ir.IntType(32), ir.IntType(64), ir.VoidType()
X86, ARM = ("x86_64", "AMD64"), ("arm64", "aarch64")
YIELD = "sched_yield" if os.name == "posix" else "SwitchToThread"


@intrinsic
def _value(typing_context, address):
    """The counter at `address`; what its writer stored before raising it is seen from here on."""

    def codegen(context: Any, builder: Any, made: Any, arguments: Any) -> Any:
        pointer = builder.inttoptr(arguments[0], INT64.as_pointer())
        return builder.load_atomic(pointer, "acquire", 8)

    return types.int64(types.intp), codegen


@intrinsic
def _raise_by_one(typing_context, address):
    """Raise the counter at `address`, after everything that this thread stored."""

    def codegen(context: Any, builder: Any, made: Any, arguments: Any) -> Any:
        pointer = builder.inttoptr(arguments[0], INT64.as_pointer())
        builder.atomic_rmw("add", pointer, INT64(1), "acq_rel")
        return context.get_dummy_value()

    return types.void(types.intp), codegen


@intrinsic
def _pause(typing_context):
    """Tell the CPU that this thread only looks."""

    def codegen(context: Any, builder: Any, made: Any, arguments: Any) -> Any:
        if platform.machine() in X86:
            pause = cgutils.get_or_insert_function(builder.module, ir.FunctionType(VOID, []), "llvm.x86.sse2.pause")
            builder.call(pause, [])
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


@kernel
def wait_for(address, count, looks):
    """Look at the counter at `address` until it is at least `count`, at most `looks` times; say whether it was."""
    for _ in range(looks):
        if _value(address) >= count:
            return True
        _pause()
    return _value(address) >= count


@kernel
def finish_and_wait(finished, given, count, entered, looks):
    """Raise the counter at `finished`, then look for the next job: until the counter at `given` is at least `count`.

    Nothing here holds Python's lock, so who waits for `finished` goes on at once. The next job's caller holds the lock
    until it is inside its own share, where it raises the counter at `entered` above the number that stands behind
    `given`: to ask for the lock sooner would mean to be put to sleep.
    """
    _raise_by_one(finished)
    for _ in range(looks):
        if _value(given) >= count:
            for _ in range(looks // SHORTLY):
                if _value(entered) > _value(given + 8):
                    return
                _pause()
            return
        _pause()


@register_jitable
def enter(address):
    """Say that this thread is inside its share of a task, and needs Python's lock no longer; address 0: to nobody."""
    if address != 0:
        _raise_by_one(address)


@register_jitable
def barrier(address, parties, passed):
    """Wait until all `parties` have come here as often as this one, which came `passed` times before; passed + 1."""
    if parties > 1:
        _raise_by_one(address)
        looks = 0
        while _value(address) < parties * (passed + 1):
            looks += 1
            if looks % PATIENCE == 0:  # more threads than CPUs: whoever is awaited may need this one
                _let_others_run()
            _pause()
    return passed + 1
