"""Products over all time steps, and sums over them: out = op(a) op(b) + bias, out = sum of a's rows.

What to launch: tiles, pieces, sizes and scalars of the kernels in `cells.cuda.kernels.matrix`. Where `out` has fewer
tiles than the GPU has room for, the inner dimension is split: each piece writes a partial product to `scratch`, and a
second kernel adds the pieces, always in the same order, so two runs on GPUs of one size give the same bits.
"""

from __future__ import annotations

from dataclasses import dataclass

from cells.cuda.kernel import Kernel

REALS = {"float32": 4, "float64": 8}  # bytes
# Tiles: rows and columns of a thread, threads across and down, blocks that a multiprocessor's registers hold.
WIDE = (8, 8, 16, 16, 2)
NARROW = {
    "float32": ((8, 1, 8, 8, 16), (8, 2, 8, 8, 14), (8, 4, 8, 8, 11), (8, 8, 8, 8, 8)),
    "float64": ((4, 2, 16, 16, 4), (4, 4, 16, 16, 2)),
}
PAD = 4  # elements behind a row of shared memory: 8 rows by 4 columns are in 32 banks, and rows stay 16-byte aligned
DEPTH = 8  # inner elements of a slice: a sector of 32 bytes in float32
SHORTEST = 128  # inner elements that a piece has at least; below, adding the pieces costs more than it gains
WIDTH, LANES = 32, 8  # a block of `make_sums`: columns, and rows at a time
SUMMED = 64  # rows that a piece of `make_sums` has at least
RESIDENT = 6  # its blocks that a multiprocessor's registers hold, in float32


@dataclass(frozen=True)
class Matrix:
    """A row-major matrix inside of a flat array: element (i, j) is at first + i * stride + j."""

    rows: int
    columns: int
    first: int
    stride: int


@dataclass(frozen=True)
class Tiling:
    """How a product is cut: a block's tile of `out`, its inner slice, what one thread has of the tile, the pieces."""

    rows: int
    columns: int
    depth: int
    rows_each: int
    """A multiple of 4."""
    columns_each: int
    split: int = 1

    def __post_init__(self) -> None:
        for lines in (self.rows, self.columns):  # a pass of the threads reads whole lines of a slice, or whole depths
            ways = self.threads % lines, self.threads % self.depth, lines * self.depth % self.threads
            if any(ways) or self.rows_each % 4:
                raise ValueError(
                    f"{self} has {self.threads} threads; allowed: a multiple of rows, columns and depth that divides "
                    "rows * depth and columns * depth, rows_each a multiple of 4"
                )

    @property
    def threads(self) -> int:
        """Threads of a block."""
        return (self.rows // self.rows_each) * (self.columns // self.columns_each)


@dataclass(frozen=True)
class Call:
    """One launch: a kernel whose arguments are five pointers, then `scalars`."""

    kernel: Kernel
    grid: tuple[int, int]
    shared_bytes: int
    scalars: tuple[int, ...]
    scratch: int = 0
    """Elements of `scratch` that it writes."""


def tiling(rows: int, columns: int, depth: int, multiprocessors: int, real: str = "float32") -> Tiling:
    """Return the tile for an `out` of (rows, columns), and the split that fills the GPU: at most one wave of pieces.

    float32: 64 x 64 with 64 threads, narrower where `out` is; 128 x 128 with 256 threads where this gives four blocks
    a multiprocessor and pads `out` hardly more. float64 takes twice the registers: at most 64 x 64 with 256 threads.
    """
    wide = 16 * _ceil(columns, 128) <= 9 * _ceil(columns, 64)
    if real == "float32" and wide and _ceil(rows, 128) * _ceil(columns, 128) >= 4 * multiprocessors:
        rows_each, columns_each, threads_x, threads_y, resident = WIDE
    else:
        choices = NARROW[real]
        rows_each, columns_each, threads_x, threads_y, resident = next(
            (choice for choice in choices if choice[1] * choice[2] >= columns), choices[-1]
        )
    tile_rows, tile_columns = rows_each * threads_y, columns_each * threads_x
    tiles = _ceil(rows, tile_rows) * _ceil(columns, tile_columns)
    split = max(1, min(resident * multiprocessors // tiles, depth // SHORTEST))
    return Tiling(tile_rows, tile_columns, DEPTH, rows_each, columns_each, split)


def product_calls(
    a: Matrix,
    b: Matrix,
    out: Matrix,
    *,
    a_transposed: bool,
    b_transposed: bool,
    bias: bool,
    rounded: bool,
    real: str,
    multiprocessors: int,
    bias_first: int = 0,
    cut: Tiling | None = None,
) -> list[Call]:
    """Compute the product out = op(a) op(b) + bias: one launch, or two where the inner dimension is split.

    `a`, `b`, `out`: as they are stored; op transposes where asked. `bias`: whether bias[bias_first + j] is added to
    column j. `rounded`: operands are rounded to bfloat16, sums are float32. `cut`: instead of `tiling`'s choice.
    Pointers: (a, b, bias or a, out, scratch or a); `scratch` has `scratch_size(calls)` elements.
    Raises ValueError where shapes do not fit, or for a type other than float32 or float64.
    """
    rows, depth = (a.columns, a.rows) if a_transposed else (a.rows, a.columns)
    inner, columns = (b.columns, b.rows) if b_transposed else (b.rows, b.columns)
    if depth != inner or (rows, columns) != (out.rows, out.columns) or min(rows, columns, depth) < 1:
        raise ValueError(
            f"op(a) is {(rows, depth)}, op(b) {(inner, columns)}, out {(out.rows, out.columns)}; "
            "allowed: (n, k), (k, m), (n, m), none of them 0"
        )
    _check(real, rounded)
    cut = cut or tiling(rows, columns, depth, multiprocessors, real)
    piece = _ceil(_ceil(depth, cut.split), cut.depth) * cut.depth
    split = _ceil(depth, piece)
    tiles = _ceil(columns, cut.columns)
    shape = (cut.rows, cut.columns, cut.depth, cut.rows_each, cut.columns_each)
    size = rows * columns
    places = (a.first, a.stride, b.first, b.stride, *((0, columns) if split > 1 else (out.first, out.stride)))
    product = Call(
        Kernel(
            "matrix.make_product",
            (real, a_transposed, b_transposed, bias and split == 1, rounded, split > 1, *shape),
            _signature(real, ("int64",) * 8 + ("int32",) * 5),
            cut.threads,
        ),
        (_ceil(rows, cut.rows) * tiles, split),
        2 * cut.depth * (cut.rows + cut.columns + 2 * PAD) * REALS[real],
        (*places, size, bias_first, rows, columns, depth, piece, tiles),
        scratch=split * size if split > 1 else 0,
    )
    if split == 1:
        return [product]
    partial = Matrix(split, size, 0, size)
    return [product, _sums(real, partial, out, True, False, bias, split, bias_first)]


def column_sum_calls(a: Matrix, out: Matrix, *, real: str, multiprocessors: int) -> list[Call]:
    """out[0, j] = sum over i of a[i, j]: two launches, one where `a` has few rows. `out`: a matrix of one row.

    Pointers: (a, a, a, out, scratch or a). Raises ValueError as `product_calls`.
    """
    if (1, a.columns) != (out.rows, out.columns) or min(a.rows, a.columns) < 1:
        raise ValueError(f"a is {(a.rows, a.columns)}, out {(out.rows, out.columns)}; allowed: (n, m), (1, m), not 0")
    _check(real, rounded=False)
    blocks = _ceil(a.columns, WIDTH)
    pieces = max(1, min(RESIDENT * multiprocessors // blocks, a.rows // SUMMED))
    piece = _ceil(a.rows, pieces)
    pieces = _ceil(a.rows, piece)
    if pieces == 1:
        return [_sums(real, a, out, False, False, False, piece)]
    partial = Matrix(pieces, a.columns, 0, a.columns)
    first = _sums(real, a, partial, False, True, False, piece)
    return [first, _sums(real, partial, out, True, False, False, pieces)]


def scratch_size(calls: list[Call]) -> int:
    """Elements that `scratch` needs for these calls."""
    return max(call.scratch for call in calls)


def _sums(
    real: str, a: Matrix, out: Matrix, from_scratch: bool, to_scratch: bool, biased: bool, piece: int, bias: int = 0
) -> Call:
    """Add the rows of `a`, `piece` at a time; column j of the sum is element (j // out.columns, j % out.columns)."""
    pieces = _ceil(a.rows, piece)
    return Call(
        Kernel(
            "matrix.make_sums",
            (real, from_scratch, to_scratch, biased, WIDTH, LANES),
            _signature(real, ("int64",) * 6 + ("int32",) * 3),
            WIDTH * LANES,
        ),
        (_ceil(a.columns, WIDTH), pieces),
        WIDTH * LANES * REALS[real],
        (a.first, a.stride, a.columns, out.first, out.stride, bias, out.columns, a.rows, piece),
        scratch=pieces * a.columns if to_scratch else 0,
    )


def _signature(real: str, scalars: tuple[str, ...]) -> tuple[str, ...]:
    return (f"{real}*",) * 5 + scalars


def _check(real: str, rounded: bool) -> None:
    if real not in REALS or (rounded and real != "float32"):
        raise ValueError(f"real is {real!r}, rounded {rounded}; allowed: float32, or float64 that is not rounded")


def _ceil(size: int, piece: int) -> int:
    return -(-size // piece)
