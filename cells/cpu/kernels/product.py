"""Products on packed weights: panels over the columns, tiles over the rows, the whole depth in registers."""

from __future__ import annotations

from cells.cpu.kernels.tile import strip, tile
from cells.cpu.target import target
from cells.kernel_cache import inner

VECTOR_BYTES = target().vector_bytes
SOURCE_BYTES = 256 * 1024  # rows of `a` taken together: they stay in the second-level cache over all panels


@inner
def product(like, w, panel, depth, source, start, total, rows, height, columns, part):
    """total[r, :] = start[r, :] + sum_k source[r, k] w[k, :].

    like: a flat array of the element type; always of one kind, as for each kind this is compiled anew. w: address of
    the packed weights (see `pack`), panels of up to `panel` vectors; `columns` is a whole number of vectors. source,
    start and total are (address, row, tile): where row r stands is address + (r // height * tile + r % height * row)
    elements; `height` is at most target().rows. start may be total. part = (party, parties, reverse): of the panels,
    one of `parties` threads computes its share, and 0 of 1 all; reverse is 0, or 1 for the last panel first: where
    the same weights are read again and again, every other time the other way round, those that were read last are
    still in a cache.
    """
    a, a_row, a_tile = source
    begun, begun_row, begun_tile = start
    out, out_row, out_tile = total
    party, parties, reverse = part
    itemsize = like.itemsize
    lanes = VECTOR_BYTES // itemsize
    vectors = columns // lanes
    if rows <= height and vectors <= panel and parties == 1:  # a small layer feels even the arithmetic below
        tile(like, rows, vectors, a, a_row, 1, w, depth, begun, begun_row, out, out_row, w, 0)
        return
    panels = (vectors + panel - 1) // panel
    each, longer = vectors // panels, vectors % panels
    begin, end = panels * party // parties, panels * (party + 1) // parties
    tiles = (rows + height - 1) // height
    together = max(SOURCE_BYTES // (depth * itemsize * height), 1)
    for top in range(0, tiles, together):
        bottom = min(top + together, tiles)
        for q in range(begin, end):
            p = begin + end - 1 - q if reverse else q
            following = p - 1 if reverse else p + 1
            size, left = each + (p < longer), each * p + min(p, longer)
            # While this panel is multiplied the following one is fetched, a part with each tile.
            panel_at, row_bytes = w + left * lanes * depth * itemsize, lanes * itemsize
            ahead = w + (each * following + min(following, longer)) * row_bytes * depth
            pace = ((each + (following < longer)) * row_bytes + bottom - top - 1) // (bottom - top)
            for i in range(top, bottom):
                tile(
                    like,
                    min(height, rows - i * height),
                    size,
                    a + i * a_tile * itemsize,
                    a_row,
                    1,
                    panel_at,
                    depth,
                    begun + (i * begun_tile + left * lanes) * itemsize,
                    begun_row,
                    out + (i * out_tile + left * lanes) * itemsize,
                    out_row,
                    ahead + (i - top) * pace * depth,
                    pace,
                )


@inner
def add_row_product(like, w, matrices, panel, depth, a, out, out_matrix, columns, part):
    """out[m, :] += sum_k a[k] w[m][k, :], a single row times `matrices` packed side by side.

    a, out: addresses; out_matrix: stride in elements. The rest as in `product`.
    """
    party, parties, reverse = part
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
