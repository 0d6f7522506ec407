"""Do the shares of a task at the same time: compiled code hands them to threads that wait in compiled code.

`fork` calls a compiled function(share, *arguments) for every row of `shares` (N, 4). Between threads that only look at
memory this begins and ends within a microsecond; through Python, its lock and the system it takes tens, longer than a
small layer's whole step. What is called must not allocate, raise or touch Python: there is nobody to tell.

The threads meet in an array `worker_table` (1 + workers, FIELDS) of int64, a cache line each. Line 0 holds the counter
of the barriers inside the task. A worker's line holds how many tasks it was given; function, environment and share of
the last; how many were taken and how many are done. Who hands out a share takes it back if its worker has not begun.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from llvmlite import ir
from numba import types
from numba.extending import intrinsic, register_jitable

from cells.cpu.threads.barrier import INT64, load, pause, store, take, wait_for
from cells.kernel_cache import kernel
from cells.numba_private import call_compiled, cgutils, resolve

FIELDS = 8
GIVEN, FUNCTION, ENVIRONMENT, SHARE, TAKEN, DONE = (8 * i for i in range(6))  # bytes from the start of a line
LINE = 8 * FIELDS
BYTE = ir.IntType(8).as_pointer()
TASK = ir.FunctionType(ir.VoidType(), [BYTE, INT64])


class Share(NamedTuple):
    """What one thread does of a task: a row of `shares`, and the address of the counter of the task's barriers.

    first, last: the pieces [first, last) of the work; what a piece is the task says.
    party, parties: the thread's place, from 0, among those that share a task's scratch memory or meet at its barriers;
    0 of 1 where nobody does (`cells.cpu.threads.pool.alone`).
    """

    first: int
    last: int
    party: int
    parties: int
    counter: int


SHARE_TYPE = types.NamedUniTuple(types.int64, len(Share._fields), Share)


def task_of(function: Any) -> Any:
    """Return what gives, in compiled code, the two addresses that `fork` needs to call function(share, *arguments).

        addresses = task(worker_table, shares, arguments)
        fork(worker_table, shares, addresses)

    `task` is made once, outside: a kernel that is handed a compiled function cannot be kept on disk.
    """

    @intrinsic
    def task(typing_context, worker_table, shares, arguments):
        inner = resolve(typing_context, function, (SHARE_TYPE, *arguments))

        def codegen(context: Any, builder: Any, made: Any, values: Any) -> Any:
            counter = context.make_array(worker_table)(context, builder, values[0]).data
            table = context.make_array(shares)(context, builder, values[1]).data
            whole = cgutils.make_anonymous_struct(builder, [values[2], table, counter])
            environment = cgutils.alloca_once_value(builder, whole)
            emitted = _emit_task(context, builder.module, inner, function, environment.type)
            addresses = [builder.ptrtoint(emitted, INT64), builder.ptrtoint(environment, INT64)]
            return context.make_tuple(builder, made.return_type, addresses)

        return types.UniTuple(types.int64, 2)(worker_table, shares, arguments), codegen

    return task


def _emit_task(context: Any, module: Any, inner: Any, dispatcher: Any, environment: Any) -> Any:
    task = ir.Function(module, TASK, module.get_unique_name("recurbench_task"))
    task.linkage = "internal"
    builder = ir.IRBuilder(task.append_basic_block("entry"))
    arguments, table, counter = cgutils.unpack_tuple(builder, builder.load(builder.bitcast(task.args[0], environment)))
    row = builder.gep(table, [builder.mul(task.args[1], INT64(4))])
    share = [builder.load(builder.gep(row, [INT64(i)])) for i in range(4)]
    given = [cgutils.pack_array(builder, [*share, builder.ptrtoint(counter, INT64)])]
    given += cgutils.unpack_tuple(builder, arguments, len(inner.args) - 1)
    call_compiled(context, builder, dispatcher, inner, given)
    builder.ret_void()
    return task


@intrinsic
def _call(typing_context, task, environment, share):
    """Do a share of a task."""

    def codegen(context: Any, builder: Any, made: Any, values: Any) -> Any:
        task = builder.inttoptr(values[0], TASK.as_pointer())
        builder.call(task, [builder.inttoptr(values[1], BYTE), values[2]])
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), codegen


@register_jitable
def fork(worker_table, shares, addresses):
    """Do all shares, one here and each of the others in a worker's thread; return when all are done."""
    task, environment = addresses
    first = worker_table.ctypes.data
    store(first, 0)
    for i in range(1, shares.shape[0]):
        line = first + i * LINE
        store(line + FUNCTION, task)
        store(line + ENVIRONMENT, environment)
        store(line + SHARE, i)
        store(line + GIVEN, load(line + GIVEN) + 1)
    _call(task, environment, 0)
    for i in range(1, shares.shape[0]):
        line = first + i * LINE
        number = load(line + GIVEN)
        if take(line + TAKEN, number):  # its worker is still being woken
            _call(task, environment, i)
        else:
            wait_for(line + DONE, number)


@kernel
def serve(line, looks):
    """Do the tasks that come into a worker's line; return when none came for so many looks."""
    looked = 0
    while looked < looks:
        number = load(line + GIVEN)
        if load(line + TAKEN) == number:
            looked += 1
            pause()
        else:
            looked = 0
            if take(line + TAKEN, number):
                _call(load(line + FUNCTION), load(line + ENVIRONMENT), load(line + SHARE))
                store(line + DONE, number)
