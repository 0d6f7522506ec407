"""Products on packed weights: panels over the columns, tiles over the rows, the whole depth in registers."""

from __future__ import annotations

import numpy as np

from cells.cpu.cache import kernel
from cells.cpu.pack import pack_rows, pack_tiles
from cells.cpu.target import target
from cells.cpu.tile import strip, tile
from cells.cpu.vector import lines
from cells.cpu.waiting import enter

ROWS, VECTORS, VECTOR_BYTES = target().rows, target().vectors, target().vector_bytes
CHUNK_BYTES = target().chunk_bytes
SOURCE_BYTES = 256 * 1024  # rows of `a` taken together: they stay in the second-level cache over all panels
DEPTH_BYTES = 2048


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


@kernel
def weight_gradient(d_slots, slot, places, units, source, at, row, columns, out, share):
    """out[m, n] = sum_k d[k, m] source[k, n], the sum over all steps and samples k.

    d: the slots of d_slots (P, T B, H) from `slot` on, one for each of `places`. m counts through `units` of each;
    those of slot p go to the rows of out (M, N), N a whole number of vectors, that begin at places[p]. A share
    (first, last, _, entered) is of all m. source: as in `pack_rows`. Both are packed a block of k at a time.
    """
    first, last, _, entered = share
    enter(entered)
    itemsize = out.itemsize
    _, samples, width = d_slots.shape
    values = d_slots.reshape(-1)
    lanes = VECTOR_BYTES // itemsize
    blocks = (samples * itemsize + DEPTH_BYTES - 1) // DEPTH_BYTES
    block = (samples + blocks - 1) // blocks
    vectors = out.shape[1] // lanes
    panels = (vectors + VECTORS - 1) // VECTORS
    each, longer = vectors // panels, vectors % panels
    packed, packed_d = np.empty(block * out.shape[1], out.dtype), np.empty(block * units, out.dtype)
    zeros = np.zeros(VECTORS * lanes, out.dtype)  # where the sums of the first block start
    for k in range(0, samples, block):
        depth = min(block, samples - k)
        pack_rows(source, at + k * row, row, depth, columns, VECTORS, packed)
        for p in range(places.size):
            low, high = max(first - p * units, 0), min(last - p * units, units)
            if low >= high:
                continue
            pack_tiles(values, ((slot + p) * samples + k) * width + low, width, depth, high - low, packed_d)
            tiles = (high - low + ROWS - 1) // ROWS
            each_row, longer_rows = (high - low) // tiles, (high - low) % tiles
            left = 0
            for q in range(panels):
                size = each + (q < longer)
                r = 0
                for i in range(tiles):
                    height = each_row + (i < longer_rows)
                    out_at = out.ctypes.data + ((places[p] + low + r) * out.shape[1] + left * lanes) * itemsize
                    start, start_row = (zeros.ctypes.data, 0) if k == 0 else (out_at, out.shape[1])
                    tile(
                        out,
                        height,
                        size,
                        packed_d.ctypes.data + r * depth * itemsize,
                        1,
                        height,
                        packed.ctypes.data + left * lanes * depth * itemsize,
                        depth,
                        start,
                        start_row,
                        out_at,
                        out.shape[1],
                        out_at,
                        0,
                    )
                    r += height
                left += size


@kernel
def add_samples(d_slots, totals, share):
    """totals[p, 0, m] += sum_k d_slots[p, k, m] for the slots p of a share: the gradients of the biases.

    Shapes (P, T B, H) and (P, 1, H).
    """
    first, last, _, entered = share
    enter(entered)
    _, samples, width = d_slots.shape
    total = lines(totals, 0)
    for p in range(first, last):
        for k in range(samples):
            sample = lines(d_slots, k)
            for m in range(0, width, CHUNK_BYTES // totals.itemsize):
                total[p, m] = total[p, m] + sample[p, m]
