"""Instructions that numba has no name for: wide loads, barriers across blocks, clusters, tensor cores.

Each is one or two lines of PTX (PTX ISA 9.0). Kernels take them from `cells.cuda.kernels.instructions`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# isort: off
from cells.cuda.device.numba_cuda import cuda  # first: it says which package `numba.cuda` is
# isort: on

from llvmlite import ir
from numba.cuda import cgutils, types
from numba.cuda.extending import intrinsic

from cells.formula import formula

I32 = ir.IntType(32)
I64 = ir.IntType(64)
F32 = ir.FloatType()
VOID = ir.VoidType()


def _asm(builder: Any, result: Any, arguments: Any, text: str, constraints: str, effects: bool = True) -> Any:
    kinds = ir.FunctionType(result, [argument.type for argument in arguments])
    # Convergent: no branch may be moved around what all threads do together.
    attributes = ("convergent",) if effects else ()
    return builder.call(ir.InlineAsm(kinds, text, constraints, side_effect=effects), arguments, attrs=attributes)


def _address(builder: Any, base: Any, index: Any) -> Any:
    return builder.ptrtoint(builder.gep(base, [index]), I64)


def _shared_address(builder: Any, base: Any, index: Any) -> Any:
    """In the 32-bit window of the block's own shared memory."""
    text = "{ .reg .u64 a; cvta.to.shared.u64 a, $1; cvt.u32.u64 $0, a; }"
    return _asm(builder, I32, [_address(builder, base, index)], text, "=r,l", effects=False)


def _nothing(emit: Callable[..., Any]) -> Callable[..., Any]:
    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        emit(context, builder, signature, arguments)
        return context.get_dummy_value()

    return codegen


def _four(builder: Any, pieces: list[Any]) -> Any:
    return cgutils.pack_array(builder, pieces)


@intrinsic
def pointer(typing_context, array):
    """Return the address of an array's first element: indices from it are not checked for being negative."""

    def codegen(context, builder, signature, arguments):
        return context.make_array(signature.args[0])(context, builder, arguments[0]).data

    return types.CPointer(array.dtype)(array), codegen


@intrinsic
def load4(typing_context, base, index):
    """Four neighbours from any memory, the first at a multiple of four elements: one or two wide loads."""

    def codegen(context, builder, signature, arguments):
        scalar = context.get_value_type(signature.args[0].dtype)
        place = builder.gep(arguments[0], [arguments[1]])
        wide = builder.bitcast(place, ir.VectorType(scalar, 4).as_pointer())
        loaded = builder.load(wide, align=16)
        return _four(builder, [builder.extract_element(loaded, I32(e)) for e in range(4)])

    return types.UniTuple(base.dtype, 4)(base, index), codegen


@intrinsic
def from_lane(typing_context, value, distance):
    """Return what the lane whose number differs by these bits has as `value`; all lanes of the warp ask."""

    def codegen(context, builder, signature, arguments):
        value, distance = arguments
        distance = builder.trunc(distance, I32) if distance.type != I32 else distance
        if value.type == F32:
            text, letter = "shfl.sync.bfly.b32 $0, $1, $2, 0x1f, 0xffffffff;", "f"
        else:
            text, letter = (
                (
                    "{ .reg .b32 low, high; mov.b64 {low, high}, $1;"
                    " shfl.sync.bfly.b32 low, low, $2, 0x1f, 0xffffffff;"
                    " shfl.sync.bfly.b32 high, high, $2, 0x1f, 0xffffffff; mov.b64 $0, {low, high}; }"
                ),
                "d",
            )
        return _asm(builder, value.type, [value, distance], text, f"={letter},{letter},r")

    return value(value, distance), codegen


@intrinsic
def load_shared_by_blocks(typing_context, base, index):
    """From global memory past the first-level cache, which other blocks' writes do not reach."""

    def codegen(context, builder, signature, arguments):
        scalar = context.get_value_type(signature.args[0].dtype)
        kind, letter = ("f32", "f") if scalar == F32 else ("f64", "d")
        return _asm(builder, scalar, [_address(builder, *arguments)], f"ld.global.cg.{kind} $0, [$1];",
                    f"={letter},l,~{{memory}}")  # fmt: skip

    return base.dtype(base, index), codegen


@intrinsic
def load4_shared_by_blocks(typing_context, base, index):
    """Return the same, four neighbours at once."""

    def codegen(context, builder, signature, arguments):
        scalar = context.get_value_type(signature.args[0].dtype)
        kind, letter, each = ("f32", "f", 4) if scalar == F32 else ("f64", "d", 2)
        found = []
        for part in range(4 // each):
            at = builder.add(_address(builder, *arguments), I64(16 * part))
            registers = ", ".join(f"${n}" for n in range(each))
            struct = _asm(builder, ir.LiteralStructType([scalar] * each), [at],
                          f"ld.global.cg.v{each}.{kind} {{{registers}}}, [${each}];",
                          f"={letter}," * each + "l,~{memory}")  # fmt: skip
            found += [builder.extract_value(struct, n) for n in range(each)]
        return _four(builder, found)

    return types.UniTuple(base.dtype, 4)(base, index), codegen


@intrinsic
def arrive(typing_context, counter, index):
    """Count this block in; what its threads wrote before is visible to who sees the count."""
    emit = _nothing(
        lambda context, builder, signature, arguments: _asm(
            builder,
            VOID,
            [_address(builder, *arguments), I32(1)],
            "red.release.gpu.global.add.s32 [$0], $1;",
            "l,r,~{memory}",
        )
    )
    return types.void(counter, index), emit


@intrinsic
def _count(typing_context, counter, index):
    return types.int32(counter, index), lambda context, builder, signature, arguments: _asm(
        builder, I32, [_address(builder, *arguments)], "ld.acquire.gpu.global.s32 $0, [$1];", "=r,l,~{memory}"
    )


@formula
def wait_for(counter, index, target):
    """Wait until so many blocks have been counted in."""
    while _count(counter, index) < target:
        pass


@intrinsic
def cluster_arrive(typing_context):
    """First half of a cluster's barrier."""
    emit = lambda c, builder, s, a: _asm(builder, VOID, [], "barrier.cluster.arrive.release.aligned;", "~{memory}")  # noqa: E731
    return types.void(), _nothing(emit)


@intrinsic
def cluster_wait(typing_context):
    """Second half: wait for every thread of the cluster."""
    emit = lambda c, builder, s, a: _asm(builder, VOID, [], "barrier.cluster.wait.acquire.aligned;", "~{memory}")  # noqa: E731
    return types.void(), _nothing(emit)


@intrinsic
def store_in_cluster(typing_context, base, index, rank, value):
    """Write into the shared memory of another block of the cluster, at the place that `base` has in this one."""

    def codegen(context, builder, signature, arguments):
        base, index, rank, value = arguments
        rank = builder.trunc(rank, I32) if rank.type != I32 else rank
        kind, letter = {"float": ("f32", "f"), "double": ("f64", "d"), "i32": ("u32", "r")}[str(value.type)]
        text = f"{{ .reg .u32 r; mapa.shared::cluster.u32 r, $0, $1; st.shared::cluster.{kind} [r], $2; }}"
        _asm(builder, VOID, [_shared_address(builder, base, index), rank, value], text,
             f"r,r,{letter},~{{memory}}")  # fmt: skip
        return context.get_dummy_value()

    return types.void(base, index, rank, base.dtype), codegen


@intrinsic
def pack_bfloat16(typing_context, low, high):
    """Two float32, rounded to bfloat16 (nearest, ties to even), in a word."""
    return types.uint32(types.float32, types.float32), lambda c, builder, s, arguments: _asm(
        builder, I32, [arguments[1], arguments[0]], "cvt.rn.bf16x2.f32 $0, $1, $2;", "=r,f,f", effects=False
    )


@intrinsic
def round_bfloat16(typing_context, x):
    """Return the nearest bfloat16, ties to even, as float32."""

    def codegen(context, builder, signature, arguments):
        zero = ir.Constant(F32, 0.0)
        text = "cvt.rn.bf16x2.f32 $0, $1, $2;"
        word = _asm(builder, I32, [arguments[0], zero], text, "=r,f,f", effects=False)  # in the upper half
        return builder.bitcast(builder.and_(word, I32(0xFFFF0000)), F32)

    return types.float32(types.float32), codegen


@intrinsic
def multiply_bfloat16(typing_context, a, b, c):
    """mma.sync m16n8k16: D = A B + C for a warp, bfloat16 in, float32 out (PTX ISA, fragment layouts).

    Of a lane: a, 4 words; b, 2 words; c and D, 4 float32.
    """

    def codegen(context, builder, signature, arguments):
        text = ("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
                "{$0,$1,$2,$3}, {$4,$5,$6,$7}, {$8,$9}, {$10,$11,$12,$13};")  # fmt: skip
        given = [
            builder.extract_value(each, n)
            for each, count in zip(arguments, (4, 2, 4), strict=True)
            for n in range(count)
        ]
        struct = _asm(builder, ir.LiteralStructType([F32] * 4), given, text,
                      "=f,=f,=f,=f,r,r,r,r,r,r,f,f,f,f")  # fmt: skip
        return _four(builder, [builder.extract_value(struct, n) for n in range(4)])

    sums = types.UniTuple(types.float32, 4)
    return sums(types.UniTuple(types.uint32, 4), types.UniTuple(types.uint32, 2), sums), codegen


__all__ = [
    "arrive",
    "cluster_arrive",
    "cluster_wait",
    "cuda",
    "from_lane",
    "load4",
    "load4_shared_by_blocks",
    "load_shared_by_blocks",
    "multiply_bfloat16",
    "pack_bfloat16",
    "pointer",
    "round_bfloat16",
    "store_in_cluster",
    "wait_for",
]
