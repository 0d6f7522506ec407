"""The register tile: rows x vectors accumulators of a matrix product that stay in registers for its whole depth.

    out[r, v] = start[r, v] + sum over k of a[r, k] * w[k, v]      r < rows, v < vectors, each v one vector of lanes

and its form for a single row of `a`, the strip, where several matrices take the place of the rows:

    out[g, v] = start[g, v] + sum over k of a[k] * w[k, g, v]      g < matrices

It is LLVM code built through `numba.extending.intrinsic`: nothing in Python or NumPy keeps accumulators in
registers. Everything is an address and a stride, so the tile knows no layout, no cell and no tail. The tiles of all
shapes are compiled once for each dtype (`provide`), and kernels call them by name as they would the C library: were
they part of each kernel, each would take as long to compile as all tiles together.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from llvmlite import binding, ir
from numba import types
from numba.extending import intrinsic

from cells.cpu.target import target
from cells.kernel_cache import kernel
from cells.numba_private import cgutils, from_dtype

INDEX = ir.IntType(64)
LANE_INDEX = ir.IntType(32)
BYTE = ir.IntType(8).as_pointer()
READ, SECOND_LEVEL, FIRST_LEVEL, DATA = 0, 2, 3, 1  # what llvm.prefetch is told
ELEMENTS = {types.float32: ("f32", ir.FloatType(), 4), types.float64: ("f64", ir.DoubleType(), 8)}


@intrinsic
def tile(typing_context, like, rows, vectors, a, a_row, a_depth, w, depth, start, start_row, out, out_row, ahead, pace):
    """Compute one tile.

    Each sum runs over k in order, whatever the tile's shape: so a result does not depend on how rows were grouped, nor
    on the number of threads. Addresses are of elements, strides in elements.

    like: any array of the element type; all that follow are intp.
    rows, vectors: the tile's shape, one of target().shapes.
    a, a_row, a_depth: address of `a`, strides from one row and from one k to the next.
    w: address of the weights: `vectors` whole vectors for each k, one k after another.
    depth: numbers of a sum, at least 1.
    start, start_row: address and stride of the rows that the sums are added to.
    out, out_row: address and stride of the rows that get them, which may be the same.
    ahead, pace: at each k the byte at ahead + k * pace is asked into the cache, for whoever comes next; ahead may be
        any number.
    """
    element = ELEMENTS[like.dtype]

    def codegen(context, builder, signature, arguments):
        _, rows, vectors, *rest = arguments
        done = builder.append_basic_block("tile.done")
        key = builder.add(builder.mul(rows, ir.Constant(INDEX, 64)), vectors)
        choice = builder.switch(key, done)
        for r, v in target().shapes:
            block = builder.append_basic_block(f"tile.{r}x{v}")
            choice.add_case(ir.Constant(INDEX, 64 * r + v), block)
            builder.position_at_end(block)
            builder.call(_declare(builder.module, element, r, v, False), rest)
            builder.branch(done)
        builder.position_at_end(done)
        return context.get_dummy_value()

    return types.void(like, *[types.intp] * 13), codegen


@intrinsic
def strip(typing_context, like, matrices, vectors, a, w, depth, out, out_matrix):
    """Compute one strip: a row of numbers times several matrices, added to `out`.

    Each sum is the same number, bit for bit, that a tile gives.

    like: any array of the element type; all that follow are intp.
    matrices, vectors: the strip's shape, one of target().strips.
    a: address of the row.
    w: address of the weights: matrices x vectors whole vectors for each k, one k after another.
    depth: numbers of a sum, at least 1.
    out, out_matrix: address of the vectors of the first matrix, stride to those of the next, in elements.
    """
    element = ELEMENTS[like.dtype]

    def codegen(context, builder, signature, arguments):
        _, matrices, vectors, a, w, depth, out, out_matrix = arguments
        zero, one = ir.Constant(INDEX, 0), ir.Constant(INDEX, 1)
        given = (a, zero, one, w, depth, out, out_matrix, out, out_matrix, w, zero)
        done = builder.append_basic_block("strip.done")
        choice = builder.switch(builder.add(builder.mul(matrices, ir.Constant(INDEX, 64)), vectors), done)
        for g, v in target().strips:
            block = builder.append_basic_block(f"strip.{g}x{v}")
            choice.add_case(ir.Constant(INDEX, 64 * g + v), block)
            builder.position_at_end(block)
            builder.call(_declare(builder.module, element, g, v, True), given)
            builder.branch(done)
        builder.position_at_end(done)
        return context.get_dummy_value()

    return types.void(like, *[types.intp] * 7), codegen


def _declare(module: Any, element: Any, rows: int, vectors: int, is_strip: bool) -> Any:
    kind = ir.FunctionType(ir.VoidType(), [INDEX] * 11)
    return cgutils.get_or_insert_function(module, kind, _name(element, rows, vectors, is_strip))


def _name(element: Any, rows: int, vectors: int, is_strip: bool) -> str:
    return f"recurbench_{'strip' if is_strip else 'tile'}_{element[0]}_{rows}x{vectors}"


def _all_shapes() -> list[tuple[int, int, bool]]:
    return [(*shape, False) for shape in target().shapes] + [(*shape, True) for shape in target().strips]


@intrinsic
def _emit_all(typing_context, like, addresses):
    """Write every tile and strip into the module, and their addresses into an array of int64."""
    element = ELEMENTS[like.dtype]

    def codegen(context, builder, signature, arguments):
        out = context.make_array(addresses)(context, builder, arguments[1]).data
        for i, (rows, vectors, is_strip) in enumerate(_all_shapes()):
            function = _declare(builder.module, element, rows, vectors, is_strip)
            function.linkage = "internal"
            inside = ir.IRBuilder(function.append_basic_block("entry"))
            _emit_tile(inside, element, rows, vectors, is_strip, function.args)
            inside.ret_void()
            builder.store(builder.ptrtoint(function, INDEX), builder.gep(out, [INDEX(i)]))
        return context.get_dummy_value()

    return types.void(like, addresses), codegen


@kernel
def _addresses(like, addresses):
    _emit_all(like, addresses)


@functools.cache
def provide(dtype: Any) -> None:
    """Make the tiles of a dtype known by name; called before the first kernel that needs them is compiled or loaded."""
    shapes = _all_shapes()
    element = ELEMENTS[from_dtype(dtype)]
    addresses = np.empty(len(shapes), np.int64)
    _addresses(np.empty(0, dtype), addresses)
    for (rows, vectors, is_strip), address in zip(shapes, addresses, strict=True):
        binding.add_symbol(_name(element, rows, vectors, is_strip), int(address))


def _emit_tile(builder: Any, element: Any, rows: int, vectors: int, is_strip: bool, arguments: Any) -> None:
    suffix, scalar, itemsize = element
    lanes = target().lanes(itemsize)
    vector = ir.VectorType(scalar, lanes)
    a, a_row, a_depth, w, depth, start, start_row, out, out_row, ahead, pace = arguments
    a_at, w_at, start_at, out_at = (builder.inttoptr(address, scalar.as_pointer()) for address in (a, w, start, out))
    multiply_add = cgutils.get_or_insert_function(
        builder.module,
        ir.FunctionType(vector, [vector] * 3),
        f"llvm.{'fma' if target().fused else 'fmuladd'}.v{lanes}{suffix}",
    )
    prefetch = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(ir.VoidType(), [BYTE, *[LANE_INDEX] * 3]), "llvm.prefetch.p0"
    )

    def whole(number: int) -> Any:
        return ir.Constant(INDEX, number)

    def ask(byte: Any, level: int) -> None:
        builder.call(prefetch, [byte, *(ir.Constant(LANE_INDEX, n) for n in (READ, level, DATA))])

    def vector_pointer(base: Any, offset: Any) -> Any:
        return builder.bitcast(builder.gep(base, [offset]), vector.as_pointer())

    def load(pointer: Any) -> Any:
        value = builder.load(pointer)
        value.align = itemsize
        return value

    def broadcast(value: Any) -> Any:
        undefined = ir.Constant(vector, ir.Undefined)
        first = builder.insert_element(undefined, value, ir.Constant(LANE_INDEX, 0))
        zeros = ir.Constant(ir.VectorType(LANE_INDEX, lanes), [0] * lanes)
        return builder.shuffle_vector(first, undefined, zeros)

    row_base = [builder.gep(a_at, [builder.mul(a_row, whole(r))]) for r in range(rows)]

    def places(base: Any, row: Any) -> list[Any]:
        return [
            vector_pointer(base, builder.add(builder.mul(row, whole(r)), whole(v * lanes)))
            for r in range(rows)
            for v in range(vectors)
        ]

    # What the sums are added to may be far away: it is asked for now and comes while they are made.
    for pointer in places(start_at, start_row):
        ask(builder.bitcast(pointer, BYTE), FIRST_LEVEL)
    begun = [ir.Constant(vector, [0.0] * lanes)] * (rows * vectors)

    before = builder.block
    loop = builder.append_basic_block("depth")
    after = builder.append_basic_block("done")
    builder.branch(loop)
    builder.position_at_end(loop)
    k = builder.phi(INDEX)
    k.add_incoming(whole(0), before)
    sums = [builder.phi(vector) for _ in begun]
    for phi, value in zip(sums, begun, strict=True):
        phi.add_incoming(value, before)

    if not is_strip:  # a strip reads every weight once, faster than anybody could ask for it
        byte = builder.inttoptr(builder.add(ahead, builder.mul(k, pace)), BYTE)
        ask(byte, SECOND_LEVEL)
    own = rows if is_strip else 1  # rows of weights, and of `a`
    shared = 1 if is_strip else rows
    w_k = builder.mul(k, whole(own * vectors * lanes))
    weights = [load(vector_pointer(w_at, builder.add(w_k, whole(v * lanes)))) for v in range(own * vectors)]
    a_k = builder.mul(k, a_depth)
    values = [broadcast(builder.load(builder.gep(row_base[r], [a_k]))) for r in range(shared)]
    updated = [
        builder.call(multiply_add, [values[r % shared], weights[r % own * vectors + v], sums[r * vectors + v]])
        for r in range(rows)
        for v in range(vectors)
    ]

    k_next = builder.add(k, whole(1))
    k.add_incoming(k_next, loop)
    for phi, value in zip(sums, updated, strict=True):
        phi.add_incoming(value, loop)
    builder.cbranch(builder.icmp_signed("<", k_next, depth), loop, after)
    builder.position_at_end(after)
    starts = [load(pointer) for pointer in places(start_at, start_row)]
    for pointer, start_value, value in zip(places(out_at, out_row), starts, updated, strict=True):
        builder.store(builder.fadd(start_value, value), pointer).align = itemsize
