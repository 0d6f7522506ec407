"""Products on packed weights: panels over the columns, tiles over the rows, the whole depth in registers."""

from __future__ import annotations

from cells.cpu.cache import kernel
from cells.cpu.target import target
from cells.cpu.tile import strip, tile

ROWS, VECTORS, VECTOR_BYTES = target().rows, target().vectors, target().vector_bytes
SOURCE_BYTES = 256 * 1024  # rows of `a` taken together: they stay in the second-level cache over all panels


@kernel
def product(
    like, w, panel, a, a_row, a_depth, depth, start, start_row, out, out_row, rows, columns, party, parties, reverse
):
    """out[r, :] = start[r, :] + sum_k a[r, k] w[k, :].

    like: any array of the element type. w: address of the packed weights (see `pack`), panels of up to `panel`
    vectors; `columns` is a whole number of vectors. a, start, out: addresses; a_row, a_depth, start_row, out_row:
    strides in elements (start_row 0: every row starts from the same); rows: number of rows. start may be out.
    Of the panels, one of `parties` threads computes its part; `party` 0 of 1 computes all. reverse: 0, or 1 for the
    last panel first: where the same weights are read again and again, every other time the other way round, those
    that were read last are still in a cache.
    """
    itemsize = like.itemsize
    lanes = VECTOR_BYTES // itemsize
    vectors = columns // lanes
    if rows <= ROWS and vectors <= panel and parties == 1:  # a small layer feels even the arithmetic below
        tile(like, rows, vectors, a, a_row, a_depth, w, depth, start, start_row, out, out_row, w, 0)
        return
    panels = (vectors + panel - 1) // panel
    each, longer = vectors // panels, vectors % panels
    begin, end = panels * party // parties, panels * (party + 1) // parties
    together = rows if rows <= ROWS else max(SOURCE_BYTES // (depth * itemsize) // ROWS * ROWS, ROWS)
    for top in range(0, rows, together):
        height = min(together, rows - top)
        tiles = (height + ROWS - 1) // ROWS
        each_row, longer_rows = height // tiles, height % tiles
        for q in range(begin, end):
            p = begin + end - 1 - q if reverse else q
            following = p - 1 if reverse else p + 1
            size, left = each + (p < longer), each * p + min(p, longer)
            # While this panel is multiplied the following one is fetched, a part with each tile.
            panel_at, row_bytes = w + left * lanes * depth * itemsize, lanes * itemsize
            ahead = w + (each * following + min(following, longer)) * row_bytes * depth
            pace = ((each + (following < longer)) * row_bytes + tiles - 1) // tiles
            r = top
            for i in range(tiles):
                count = each_row + (i < longer_rows)
                tile(
                    like,
                    count,
                    size,
                    a + r * a_row * itemsize,
                    a_row,
                    a_depth,
                    panel_at,
                    depth,
                    start + (r * start_row + left * lanes) * itemsize,
                    start_row,
                    out + (r * out_row + left * lanes) * itemsize,
                    out_row,
                    ahead + i * pace * depth,
                    pace,
                )
                r += count


@kernel
def add_row_product(like, w, matrices, panel, a, depth, out, out_matrix, columns, party, parties, reverse):
    """out[m, :] += sum_k a[k] w[m][k, :], a single row times `matrices` packed side by side.

    out: address; out_matrix: stride in elements. The rest as in `product`.
    """
    itemsize = like.itemsize
    lanes = VECTOR_BYTES // itemsize
    vectors = columns // lanes
    if vectors <= panel and parties == 1:
        strip(like, matrices, vectors, a, w, depth, out, out_matrix)
        return
    panels = (vectors + panel - 1) // panel
    each, longer = vectors // panels, vectors % panels
    begin, end = panels * party // parties, panels * (party + 1) // parties
    for q in range(begin, end):
        p = begin + end - 1 - q if reverse else q
        size, left = each + (p < longer), (each * p + min(p, longer)) * lanes * itemsize
        strip(like, matrices, size, a, w + left * matrices * depth, depth, out + left, out_matrix)
