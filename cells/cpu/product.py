"""Products on packed weights: panels over the columns, tiles over the rows, the whole depth in registers."""

from __future__ import annotations

import numpy as np

from cells.cpu.cache import kernel
from cells.cpu.pack import pack_rows, pack_tiles
from cells.cpu.target import target
from cells.cpu.tile import tile
from cells.cpu.vector import lines

ROWS, VECTORS, VECTOR_BYTES = target().rows, target().vectors, target().vector_bytes
CHUNK_BYTES = target().chunk_bytes
SOURCE_BYTES = 256 * 1024  # rows of `a` taken together: they stay in the second-level cache over all panels
DEPTH_BYTES = 1024


@kernel
def product(like, w, panel, a, a_row, a_depth, depth, start, start_row, out, out_row, rows, columns):
    """out[r, :] = start[r, :] + sum_k a[r, k] w[k, :].

    like: any array of the element type. w: address of the packed weights (see `pack`), panels of up to `panel`
    vectors; `columns` is a whole number of vectors. a, start, out: addresses; a_row, a_depth, start_row, out_row:
    strides in elements (start_row 0: every row starts from the same); rows: number of rows. start may be out.
    """
    itemsize = like.itemsize
    lanes = VECTOR_BYTES // itemsize
    vectors = columns // lanes
    if rows <= ROWS and vectors <= panel:  # a small layer spends as much on the arithmetic below as on its product
        tile(like, rows, vectors, a, a_row, a_depth, w, depth, start, start_row, out, out_row, w, 0)
        return
    panels = (vectors + panel - 1) // panel
    each, longer = vectors // panels, vectors % panels
    together = rows if rows <= ROWS else max(SOURCE_BYTES // (depth * itemsize) // ROWS * ROWS, ROWS)
    for top in range(0, rows, together):
        height = min(together, rows - top)
        tiles = (height + ROWS - 1) // ROWS
        each_row, longer_rows = height // tiles, height % tiles
        left = 0
        for p in range(panels):
            size = each + (p < longer)
            # While this panel is multiplied the next one, which follows in memory, is fetched, a part with each tile.
            panel_at, bytes_of_k = w + left * lanes * depth * itemsize, size * lanes * itemsize
            pace = (bytes_of_k + tiles - 1) // tiles
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
                    panel_at + (bytes_of_k + i * pace) * depth,
                    pace,
                )
                r += count
            left += size


@kernel
def add_weight_gradient(d_slots, slot, places, units, source, at, row, columns, out, first, last):
    """out[m, n] += sum_k d[k, m] source[k, n], the sum over all steps and samples k.

    d: the slots of d_slots (P, T B, H) from `slot` on, one for each of `places`. m counts through `units` of each, and
    [first, last) are computed; those of slot p go to the rows of out (M, N), N a whole number of vectors, that begin
    at places[p]. source: as in `pack_rows`. Both are packed a block of k at a time.
    """
    itemsize = out.itemsize
    _, samples, width = d_slots.shape
    values = d_slots.reshape(-1)
    lanes, block = VECTOR_BYTES // itemsize, DEPTH_BYTES // itemsize
    vectors = out.shape[1] // lanes
    panels = (vectors + VECTORS - 1) // VECTORS
    each, longer = vectors // panels, vectors % panels
    packed, packed_d = np.empty(block * out.shape[1], out.dtype), np.empty(block * units, out.dtype)
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
                    tile(
                        out,
                        height,
                        size,
                        packed_d.ctypes.data + r * depth * itemsize,
                        1,
                        height,
                        packed.ctypes.data + left * lanes * depth * itemsize,
                        depth,
                        out_at,
                        out.shape[1],
                        out_at,
                        out.shape[1],
                        out_at,
                        0,
                    )
                    r += height
                left += size


@kernel
def add_samples(d_slots, totals):
    """totals[p, 0, m] += sum_k d_slots[p, k, m]: the gradients of the biases. Shapes (P, T B, H) and (P, 1, H)."""
    slots, samples, width = d_slots.shape
    total = lines(totals, 0)
    for p in range(slots):
        for k in range(samples):
            sample = lines(d_slots, k)
            for m in range(0, width, CHUNK_BYTES // totals.itemsize):
                total[p, m] = total[p, m] + sample[p, m]
