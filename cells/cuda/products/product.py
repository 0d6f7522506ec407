"""Products over all time steps, and sums over them: out = op(a) op(b) + bias, out = sum of a's rows.

What to launch: tiles, pieces, sizes and scalars of the kernels in `cells.cuda.kernels.matrix`. Where `out` has fewer
tiles than the GPU has room for, the inner dimension is split: each piece writes a partial product to `scratch`, and a
second kernel adds the pieces, always in the same order, so two runs on GPUs of one size give the same bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from cells.cuda.kernel import Kernel
from cells.cuda.products.matrices import REALS, Matrix, MatrixProduct, check_real

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
class TileShape:
    """What the kernel of a product is compiled for: a block's tile of `out`, its inner slice, and a thread's part."""

    rows: int
    columns: int
    depth: int
    rows_each: int
    """A multiple of 4."""
    columns_each: int

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
class Tiling:
    """How a product is cut: the tile of a block, and how many pieces the inner dimension is split into."""

    tile: TileShape
    split: int = 1


class ProductScalars(NamedTuple):
    """The numbers that `cells.cuda.kernels.matrix.make_product`'s kernel takes, in its order and under its names."""

    a_first: int
    a_stride: int
    b_first: int
    b_stride: int
    out_first: int
    out_stride: int
    size: int
    bias_first: int
    rows: int
    columns: int
    depth: int
    piece: int
    tiles: int


class SumsScalars(NamedTuple):
    """The numbers that `cells.cuda.kernels.matrix.make_sums`' kernel takes, in its order and under its names."""

    first: int
    stride: int
    size: int
    out_first: int
    out_stride: int
    bias_first: int
    out_columns: int
    rows: int
    piece: int


@dataclass(frozen=True)
class Call:
    """One launch: a kernel whose arguments are five pointers, then `scalars`."""

    kernel: Kernel
    grid: tuple[int, int]
    shared_bytes: int
    scalars: ProductScalars | SumsScalars
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
    return Tiling(TileShape(tile_rows, tile_columns, DEPTH, rows_each, columns_each), split)


def product_calls(
    product: MatrixProduct, *, bias: bool, multiprocessors: int, bias_first: int = 0, cut: Tiling | None = None
) -> list[Call]:
    """Compute out = op(a) op(b) + bias: one launch, or two where the inner dimension is split.

    `bias`: whether bias[bias_first + j] is added to column j. `cut`: instead of `tiling`'s choice.
    Pointers: (a, b, bias or a, out, scratch or a); `scratch` has `scratch_size(calls)` elements.
    """
    a = product.a
    b = product.b
    out = product.out
    real = product.real
    depth = product.depth
    cut = cut or tiling(out.rows, out.columns, depth, multiprocessors, real)
    tile = cut.tile
    piece = _ceil(_ceil(depth, cut.split), tile.depth) * tile.depth
    split = _ceil(depth, piece)
    partial = Matrix(split, out.rows * out.columns, 0, out.rows * out.columns)
    out_first, out_stride = (0, out.columns) if split > 1 else (out.first, out.stride)
    tiles = _ceil(out.columns, tile.columns)
    scalars = ProductScalars(
        a_first=a.first,
        a_stride=a.stride,
        b_first=b.first,
        b_stride=b.stride,
        out_first=out_first,
        out_stride=out_stride,
        size=partial.columns,
        bias_first=bias_first,
        rows=out.rows,
        columns=out.columns,
        depth=depth,
        piece=piece,
        tiles=tiles,
    )
    how = (product.a_transposed, product.b_transposed, bias and split == 1, product.rounded, split > 1)
    call = Call(
        Kernel(
            "matrix.make_product",
            (real, *how, tile),
            _signature(real, ("int64",) * 8 + ("int32",) * 5),
            tile.threads,
        ),
        (_ceil(out.rows, tile.rows) * tiles, split),
        2 * tile.depth * (tile.rows + tile.columns + 2 * PAD) * REALS[real],
        scalars,
        scratch=split * partial.columns if split > 1 else 0,
    )
    if split == 1:
        return [call]
    return [call, _sums(real, partial, out, split, from_scratch=True, biased=bias, bias_first=bias_first)]


def column_sum_calls(a: Matrix, out: Matrix, *, real: str, multiprocessors: int) -> list[Call]:
    """out[0, j] = sum over i of a[i, j]: two launches, one where `a` has few rows. `out`: a matrix of one row.

    Pointers: (a, a, a, out, scratch or a). Raises ValueError as `product_calls`.
    """
    if (1, a.columns) != (out.rows, out.columns) or min(a.rows, a.columns) < 1:
        raise ValueError(f"a is {(a.rows, a.columns)}, out {(out.rows, out.columns)}; allowed: (n, m), (1, m), not 0")
    check_real(real, rounded=False)
    blocks = _ceil(a.columns, WIDTH)
    pieces = max(1, min(RESIDENT * multiprocessors // blocks, a.rows // SUMMED))
    piece = _ceil(a.rows, pieces)
    pieces = _ceil(a.rows, piece)
    if pieces == 1:
        return [_sums(real, a, out, piece)]
    partial = Matrix(pieces, a.columns, 0, a.columns)
    return [_sums(real, a, partial, piece, to_scratch=True), _sums(real, partial, out, pieces, from_scratch=True)]


def scratch_size(calls: list[Call]) -> int:
    """Elements that `scratch` needs for these calls."""
    return max(call.scratch for call in calls)


def _sums(
    real: str,
    a: Matrix,
    out: Matrix,
    piece: int,
    *,
    from_scratch: bool = False,
    to_scratch: bool = False,
    biased: bool = False,
    bias_first: int = 0,
) -> Call:
    """Add the rows of `a`, `piece` at a time; column j of the sum is element (j // out.columns, j % out.columns)."""
    pieces = _ceil(a.rows, piece)
    scalars = SumsScalars(
        first=a.first,
        stride=a.stride,
        size=a.columns,
        out_first=out.first,
        out_stride=out.stride,
        bias_first=bias_first,
        out_columns=out.columns,
        rows=a.rows,
        piece=piece,
    )
    return Call(
        Kernel(
            "matrix.make_sums",
            (real, from_scratch, to_scratch, biased, WIDTH, LANES),
            _signature(real, ("int64",) * 6 + ("int32",) * 3),
            WIDTH * LANES,
        ),
        (_ceil(a.columns, WIDTH), pieces),
        WIDTH * LANES * REALS[real],
        scalars,
        scratch=pieces * a.columns if to_scratch else 0,
    )


def _signature(real: str, scalars: tuple[str, ...]) -> tuple[str, ...]:
    return (f"{real}*",) * 5 + scalars


def _ceil(size: int, piece: int) -> int:
    return -(-size // piece)
