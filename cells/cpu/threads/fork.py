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


ROOM = 512
"""How many int64 a task's environment may take where it is kept, its two addresses in front."""


def kept_task_of(function: Any) -> Any:
    """Return what does as `task_of`, and can keep the task for later: what is called again and again is prepared once.

        addresses = task(worker_table, shares, arguments, room)

    room: (ROOM,) of int64, where arguments are kept, or empty: then they are gone when the kernel returns. Whoever
    keeps a task keeps its arrays alive, room and shares too: the kept ones are not counted as references.
    """

    @intrinsic
    def task(typing_context, worker_table, shares, arguments, room):
        inner = resolve(typing_context, function, (SHARE_TYPE, *arguments))

        def codegen(context: Any, builder: Any, made: Any, values: Any) -> Any:
            counter = context.make_array(worker_table)(context, builder, values[0]).data
            table = context.make_array(shares)(context, builder, values[1]).data
            borrowed = _borrowed(builder, arguments, values[2])
            whole = cgutils.make_anonymous_struct(builder, [borrowed, table, counter])
            if context.get_abi_sizeof(whole.type) > 8 * (ROOM - 2):
                raise ValueError(
                    f"a task's environment takes {context.get_abi_sizeof(whole.type)} bytes; allowed: less"
                )
            memory = context.make_array(room)(context, builder, values[3])
            behind = builder.bitcast(builder.gep(memory.data, [INT64(2)]), whole.type.as_pointer())
            kept = builder.icmp_signed(">", memory.nitems, INT64(0))
            environment = builder.select(kept, behind, cgutils.alloca_once(builder, whole.type))
            builder.store(whole, environment)
            emitted = _emit_task(context, builder.module, inner, function, environment.type)
            addresses = [builder.ptrtoint(emitted, INT64), builder.ptrtoint(environment, INT64)]
            return context.make_tuple(builder, made.return_type, addresses)

        return types.UniTuple(types.int64, 2)(worker_table, shares, arguments, room), codegen

    return task


def _borrowed(builder: Any, kind: Any, value: Any) -> Any:
    """Return arguments whose arrays own nothing: what kernels unbox is freed when they return."""
    if isinstance(kind, types.Array):
        for owner in range(2):  # meminfo and parent
            value = builder.insert_value(value, ir.Constant(value.type.elements[owner], None), owner)
    elif isinstance(kind, types.BaseTuple):
        for i, part in enumerate(kind.types):
            value = builder.insert_value(value, _borrowed(builder, part, builder.extract_value(value, i)), i)
    return value


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
    fork_counted(worker_table, shares.shape[0], addresses)


@register_jitable
def do_or_keep(worker_table, shares, addresses, room):
    """Do all shares of a task of `kept_task_of`; or, where there is a room, note there where it is kept."""
    if room.size == 0:
        fork(worker_table, shares, addresses)
    else:
        room[0], room[1] = addresses


@register_jitable
def fork_counted(worker_table, count, addresses):
    """Do `count` shares as `fork` does."""
    task, environment = addresses
    first = worker_table.ctypes.data
    store(first, 0)
    for i in range(1, count):
        line = first + i * LINE
        store(line + FUNCTION, task)
        store(line + ENVIRONMENT, environment)
        store(line + SHARE, i)
        store(line + GIVEN, load(line + GIVEN) + 1)
    _call(task, environment, 0)
    for i in range(1, count):
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
