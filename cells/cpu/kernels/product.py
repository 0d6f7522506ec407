"""Products on packed weights: panels over the columns, tiles over the rows, the whole depth in registers."""

from __future__ import annotations

from typing import NamedTuple

from cells.cpu.kernels.tile import strip, tile
from cells.cpu.layout import VECTOR_BYTES, even_cut, part_size, part_start
from cells.kernel_cache import inner

SOURCE_BYTES = 256 * 1024  # rows of the source taken together: they stay in the second-level cache over all panels


class Matrix(NamedTuple):
    """A packed matrix (depth, columns) at an address: panels of at most `panel` vectors, `columns` in whole vectors."""

    address: int
    depth: int
    columns: int
    panel: int


class Rows(NamedTuple):
    """Rows of numbers: row r is at address + (r // height * tile + r % height * row) elements, in tiles of `height`."""

    address: int
    row: int
    tile: int


class Part(NamedTuple):
    """What a thread takes of a product: of the panels, one of `parties` threads computes its part, and 0 of 1 all.

    reverse: 0, or 1 for the last panel first. Where the same weights are read again and again, every other time the
    other way round, those that were read last are still in a cache.
    """

    party: int
    parties: int
    reverse: int


@inner
def product(like, matrix, source, start, total, rows, height, part):
    """total[r, :] = start[r, :] + sum_k source[r, k] matrix[k, :].

    like: a flat array of the element type; always of one kind, as for each kind this is compiled anew.
    source, start, total: `Rows`. start may be total.
    rows: their number.
    height: rows of a tile, at most target().rows.
    """
    itemsize = like.itemsize
    lanes = VECTOR_BYTES // itemsize
    vectors = matrix.columns // lanes
    w, depth = matrix.address, matrix.depth
    if (
        rows <= height and vectors <= matrix.panel and part.parties == 1
    ):  # a small layer feels even the arithmetic below
        tile(
            like,
            rows,
            vectors,
            source.address,
            source.row,
            1,
            w,
            depth,
            start.address,
            start.row,
            total.address,
            total.row,
            w,
            0,
        )
        return
    cut = even_cut(vectors, matrix.panel)
    begin = cut.parts * part.party // part.parties
    end = cut.parts * (part.party + 1) // part.parties
    tiles = (rows + height - 1) // height
    together = max(SOURCE_BYTES // (depth * itemsize * height), 1)
    for top in range(0, tiles, together):
        bottom = min(top + together, tiles)
        for q in range(begin, end):
            p = begin + end - 1 - q if part.reverse else q
            following = p - 1 if part.reverse else p + 1
            size = part_size(cut, p)
            left = part_start(cut, p) * lanes
            # While this panel is multiplied the following one is fetched, a part with each tile.
            ahead = w + part_start(cut, following) * lanes * itemsize * depth
            pace = (part_size(cut, following) * lanes * itemsize + bottom - top - 1) // (bottom - top)
            for i in range(top, bottom):
                tile(
                    like,
                    min(height, rows - i * height),
                    size,
                    source.address + i * source.tile * itemsize,
                    source.row,
                    1,
                    w + left * depth * itemsize,
                    depth,
                    start.address + (i * start.tile + left) * itemsize,
                    start.row,
                    total.address + (i * total.tile + left) * itemsize,
                    total.row,
                    ahead + (i - top) * pace * depth,
                    pace,
                )


@inner
def add_row_product(like, matrices, matrix, source, total, total_stride, part):
    """total[m, :] += sum_k source[k] matrix[m][k, :], a single row times `matrices` packed side by side.

    source, total: addresses.
    total_stride: from total[m] to total[m + 1], in elements.
    The rest as in `product`.
    """
    itemsize = like.itemsize
    lanes = VECTOR_BYTES // itemsize
    vectors = matrix.columns // lanes
    w, depth = matrix.address, matrix.depth
    if vectors <= matrix.panel and part.parties == 1:
        strip(like, matrices, vectors, source, w, depth, total, total_stride)
        return
    cut = even_cut(vectors, matrix.panel)
    begin = cut.parts * part.party // part.parties
    end = cut.parts * (part.party + 1) // part.parties
    for q in range(begin, end):
        p = begin + end - 1 - q if part.reverse else q
        left = part_start(cut, p) * lanes * itemsize
        strip(like, matrices, part_size(cut, p), source, w + left * matrices * depth, depth, total + left, total_stride)
