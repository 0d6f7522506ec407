"""A numba type for a vector, so that a scalar formula runs on many units at once.

    line = lines(array, t)         # array (P, T, n): row p is array[p, t], read and written a vector at a time
    a = line[p, k]                 # the units k .. k + lanes - 1 of row p
    line[p, k] = ONE - a * a       # + - * / and comparisons; a scalar takes part in every lane

The formulas of `cells` work on it as they stand. LLVM could turn a scalar loop into the same code, and sometimes
does: whether it does depends on its guesses about aliasing and cost (measured: the LSTM came out scalar, 12 times
slower). With a vector type there is nothing to guess.
"""

from __future__ import annotations

import operator
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic, lower_builtin, lower_cast, register_model

from cells.cpu.target import target
from cells.numba_private import (
    AbstractTemplate,
    Conversion,
    RequireLiteralValue,
    cgutils,
    impl_ret_untracked,
    infer_global,
    models,
    signature,
)

ARITHMETIC = {
    operator.add: "fadd",
    operator.iadd: "fadd",
    operator.sub: "fsub",
    operator.mul: "fmul",
    operator.truediv: "fdiv",
}
COMPARISONS = {operator.lt: "<", operator.gt: ">"}


class Vector(types.Type):
    """`lanes` numbers of `dtype`; LLVM spreads them over as many registers as they need."""

    def __init__(self, dtype: Any, lanes: int) -> None:
        self.dtype, self.lanes = dtype, lanes
        super().__init__(f"Vector({dtype} x {lanes})")

    def can_convert_from(self, typing_context: Any, other: Any) -> Any:
        """Let a scalar stand in every lane."""
        return Conversion.safe if isinstance(other, types.Integer | types.Float) else None


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Vector) -> None:
        scalar = manager.lookup(kind.dtype).get_value_type()
        super().__init__(manager, kind, ir.VectorType(scalar, kind.lanes))


class Lines(types.Type):
    """Rows of numbers of `dtype`, read and written a vector at a time."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype
        self.vector = Vector(dtype, target().chunk_bytes * 8 // dtype.bitwidth)
        super().__init__(f"Lines({dtype})")


@register_model(Lines)
class _LinesModel(models.StructModel):
    def __init__(self, manager: Any, kind: Lines) -> None:
        super().__init__(manager, kind, [("start", types.CPointer(kind.dtype)), ("row_bytes", types.intp)])


@intrinsic
def lines(typing_context, array, step):
    """Return the rows array[:, step] of a C-contiguous (P, T, n) array."""

    def codegen(context, builder, made, arguments):
        given = context.make_array(array)(context, builder, arguments[0])
        view = cgutils.create_struct_proxy(made.return_type)(context, builder)
        row_bytes, step_bytes = (builder.extract_value(given.strides, axis) for axis in (0, 1))
        start = builder.gep(
            builder.bitcast(given.data, ir.IntType(8).as_pointer()), [builder.mul(arguments[1], step_bytes)]
        )
        view.start = builder.bitcast(start, given.data.type)
        view.row_bytes = row_bytes
        return view._getvalue()

    return Lines(array.dtype)(array, types.intp), codegen


def _is_place(index: Any) -> bool:
    return isinstance(index, types.BaseTuple) and len(index) == 2


@infer_global(operator.getitem)
class _GetItem(AbstractTemplate):
    def generic(self, args, kws):
        if isinstance(args[0], Lines) and _is_place(args[1]):
            return signature(args[0].vector, *args)
        return None


@infer_global(operator.setitem)
class _SetItem(AbstractTemplate):
    def generic(self, args, kws):
        if isinstance(args[0], Lines) and _is_place(args[1]):
            return signature(types.none, *args[:2], args[0].vector)
        return None


def _pointer(context: Any, builder: Any, made: Any, arguments: Any) -> Any:
    view = cgutils.create_struct_proxy(made.args[0])(context, builder, arguments[0])
    row, k = (
        context.cast(builder, value, kind, types.intp)
        for value, kind in zip(cgutils.unpack_tuple(builder, arguments[1]), made.args[1], strict=True)
    )
    start = builder.bitcast(view.start, ir.IntType(8).as_pointer())
    line = builder.gep(start, [builder.mul(row, view.row_bytes)])
    scalar = context.get_value_type(made.args[0].dtype)
    element = builder.gep(builder.bitcast(line, scalar.as_pointer()), [k])
    return builder.bitcast(element, context.get_value_type(made.args[0].vector).as_pointer())


@lower_builtin(operator.getitem, Lines, types.BaseTuple)
def _load(context, builder, made, arguments):
    value = builder.load(_pointer(context, builder, made, arguments))
    value.align = made.args[0].dtype.bitwidth // 8
    return value


@lower_builtin(operator.setitem, Lines, types.BaseTuple, Vector)
def _store(context, builder, made, arguments):
    builder.store(arguments[2], _pointer(context, builder, made, arguments)).align = made.args[0].dtype.bitwidth // 8
    return context.get_dummy_value()


def _from_flat(combine: Any) -> Any:
    """Return the code of an intrinsic that combines `count` numbers of two flat arrays, and its type check."""

    def made_for(typing_context: Any, out: Any, place: Any, source: Any, start: Any, count: Any) -> Any:
        if not isinstance(count, types.IntegerLiteral):
            raise RequireLiteralValue("count")
        kind = Vector(out.dtype, count.literal_value)
        itemsize = out.dtype.bitwidth // 8

        def codegen(context: Any, builder: Any, made: Any, arguments: Any) -> Any:
            pointer = context.get_value_type(kind).as_pointer()

            def address(which: int) -> Any:
                data = context.make_array(made.args[which])(context, builder, arguments[which]).data
                return builder.bitcast(builder.gep(data, [arguments[which + 1]]), pointer)

            def load(which: int) -> Any:
                value = builder.load(address(which))
                value.align = itemsize
                return value

            builder.store(combine(builder, load), address(0)).align = itemsize
            return context.get_dummy_value()

        return types.void(out, types.intp, source, types.intp, count), codegen

    return made_for


@intrinsic
def copy(typing_context, out, place, source, start, count):
    """Set out[place : place + count] = source[start : start + count], flat arrays of a type, `count` a constant."""
    return _from_flat(lambda builder, load: load(2))(typing_context, out, place, source, start, count)


@intrinsic
def add(typing_context, out, place, source, start, count):
    """Add source[start : start + count] to out[place : place + count], as `copy`."""
    combine = _from_flat(lambda builder, load: builder.fadd(load(0), load(2)))
    return combine(typing_context, out, place, source, start, count)


@intrinsic
def transpose(typing_context, out, place, out_row, source, start, row):
    """Set out[place + k * out_row + j] = source[start + j * row + k] for j, k < lanes; flat arrays of one type.

    Every cache line is read and written once, whatever the strides: the square is turned in registers, halves of it
    first, then quarters, down to pairs.
    """
    lanes = target().lanes(out.dtype.bitwidth // 8)
    itemsize = out.dtype.bitwidth // 8
    kind = Vector(out.dtype, lanes)
    index = ir.IntType(32)

    def codegen(context: Any, builder: Any, made: Any, arguments: Any) -> Any:
        vector = context.get_value_type(kind)

        def pointer(which: int, line: int) -> Any:
            data = context.make_array(made.args[which])(context, builder, arguments[which]).data
            offset = builder.mul(arguments[which + 2 if which == 3 else 2], ir.Constant(ir.IntType(64), line))
            at = builder.add(arguments[which + 1], offset)
            return builder.bitcast(builder.gep(data, [at]), vector.as_pointer())

        square = [builder.load(pointer(3, j)) for j in range(lanes)]
        for value in square:
            value.align = itemsize
        side = lanes // 2
        while side:
            for j in range(lanes):
                if not j & side:
                    one, other = square[j], square[j + side]
                    upper = [k if not k & side else lanes + k - side for k in range(lanes)]
                    lower = [k + side if not k & side else lanes + k for k in range(lanes)]
                    for line, lanes_of_both in ((j, upper), (j + side, lower)):
                        mask = ir.Constant(ir.VectorType(index, lanes), lanes_of_both)
                        square[line] = builder.shuffle_vector(one, other, mask)
            side //= 2
        for k, value in enumerate(square):
            builder.store(value, pointer(0, k)).align = itemsize
        return context.get_dummy_value()

    return types.void(out, types.intp, types.intp, source, types.intp, types.intp), codegen


def _broadcast(context, builder, given, wanted, value):
    scalar = context.cast(builder, value, given, wanted.dtype)
    vector = context.get_value_type(wanted)
    undefined = ir.Constant(vector, ir.Undefined)
    index = ir.IntType(32)
    first = builder.insert_element(undefined, scalar, ir.Constant(index, 0))
    return builder.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(index, wanted.lanes), [0] * wanted.lanes))


lower_cast(types.Integer, Vector)(_broadcast)
lower_cast(types.Float, Vector)(_broadcast)


def _register(operation: Any, result: Any, emit: Any) -> None:
    """`operation` on two vectors, or a vector and a scalar."""

    class Typing(AbstractTemplate):
        key = operation

        def generic(self, args, kws):
            vectors = [kind for kind in args if isinstance(kind, Vector)]
            if len(args) != 2 or not vectors:
                return None
            return signature(result(vectors[0]), vectors[0], vectors[0])

    infer_global(operation)(Typing)

    @lower_builtin(operation, Vector, Vector)
    def lower(context, builder, made, arguments):
        return impl_ret_untracked(context, builder, made.return_type, emit(builder, *arguments))


for _operation, _name in ARITHMETIC.items():
    _register(_operation, lambda vector: vector, lambda builder, a, b, name=_name: getattr(builder, name)(a, b))
for _operation, _sign in COMPARISONS.items():
    _register(
        _operation,
        lambda vector: Vector(types.boolean, vector.lanes),
        lambda builder, a, b, sign=_sign: builder.fcmp_ordered(sign, a, b),
    )


@infer_global(operator.neg)
class _Negative(AbstractTemplate):
    def generic(self, args, kws):
        return signature(args[0], args[0]) if isinstance(args[0], Vector) else None


@lower_builtin(operator.neg, Vector)
def _negate(context, builder, made, arguments):
    return builder.fneg(arguments[0])
