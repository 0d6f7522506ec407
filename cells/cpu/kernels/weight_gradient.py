"""Gradients of the parameters: one product over all steps and samples for each weight matrix, a sum for each bias."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cells.cpu.arguments import GateRows
from cells.cpu.kernels.pack import ROWS, ZERO, FlatRows, pack_rows, pack_tiles
from cells.cpu.kernels.tile import tile
from cells.cpu.kernels.vector import lines
from cells.cpu.layout import (
    CHUNK_BYTES,
    VECTOR_BYTES,
    Array,
    Groups,
    even_cut,
    group_count,
    part_size,
    rows_of,
    slot_place,
)
from cells.cpu.strides import Samples, Strides, slot_strides
from cells.cpu.target import target
from cells.cpu.threads.fork import fork, task_of
from cells.kernel_cache import helper, inner, kernel

VECTORS = target().vectors
PANEL = np.int64(VECTORS)  # typed: for a literal `pack_rows` would be compiled once more


class Scratch(NamedTuple):
    """Room to pack `block` samples of both sides at a time; memory has a row for each share, zeros in front."""

    block: int
    memory: Array


class SampleRun(NamedTuple):
    """Samples that follow each other `distance` elements apart, from `start` on."""

    start: int
    distance: int
    length: int


@helper
def _run_from(sample: int, groups: Groups, strides: Strides) -> SampleRun:
    """Find the run of samples that begins with a sample. Their order: groups, their steps, their rows."""
    steps = groups.steps
    c = sample // (steps * groups.rows)
    inside = sample - c * steps * groups.rows
    rows = rows_of(groups, c)
    t, r = inside // rows, inside % rows
    start = c * strides.group + t * strides.step + r * strides.row
    if rows == 1:
        return SampleRun(start, strides.step, steps - t)
    return SampleRun(start, strides.row, steps * rows - inside if strides.step == rows * strides.row else rows - r)


@inner
def _weight_gradient(share, groups, d_slots, gates, source, out, scratch):
    """out[m, n] = sum_k d[k, m] source[k, n], the sum over all samples k in the order of `_run_from`.

    share: of all m, which count through the units of each gate.
    d_slots: (P, C * W, G * H'); d are its slots from gates.slot on, one for each gate.
    gates: `GateRows`; the units of gate g go to the rows of out that begin at gates.places[g].
    source: `Samples`.
    out: (M, N), N a whole number of vectors.
    scratch: `Scratch`; both sides are packed a block of samples at a time, into the share's row.
    """
    values, source_strides, columns = source
    block, memory = scratch
    units, places = gates.hidden, gates.places
    itemsize = out.itemsize
    of_slot = d_slots.shape[1] * d_slots.shape[2]
    d_values = d_slots.reshape(-1)
    d_strides = slot_strides(groups)
    samples = groups.steps * groups.batch
    lanes = VECTOR_BYTES // itemsize
    panels = even_cut(out.shape[1] // lanes, PANEL)
    # Of the scratch: where the sums of the first block start, packed sources, packed d.
    zeros, packed = memory[share.party, : VECTORS * lanes], memory[share.party, VECTORS * lanes :]
    packed_d = packed[block * out.shape[1] :]
    for begin in range(0, samples, block):
        depth = min(block, samples - begin)
        k = ZERO
        while k < depth:
            run = _run_from(begin + k, groups, source_strides)
            count = min(run.length, depth - k)
            pack_rows(values, FlatRows(run.start, run.distance, count, columns), PANEL, packed, k, depth)
            k += count
        for g in range(places.size):
            low = max(share.first - g * units, 0)
            high = min(share.last - g * units, units)
            if low >= high:
                continue
            k = ZERO
            while k < depth:
                run = _run_from(begin + k, groups, d_strides)
                count = min(run.length, depth - k)
                start = (gates.slot + g) * of_slot + run.start + low
                pack_tiles(d_values, FlatRows(start, run.distance, count, high - low), packed_d, k, depth)
                k += count
            tiles = even_cut(high - low, ROWS)
            left = 0
            for q in range(panels.parts):
                size = part_size(panels, q)
                r = 0
                for i in range(tiles.parts):
                    height = part_size(tiles, i)
                    total = out.ctypes.data + ((places[g] + low + r) * out.shape[1] + left * lanes) * itemsize
                    start_at, start_row = (zeros.ctypes.data, 0) if begin == 0 else (total, out.shape[1])
                    tile(
                        out,
                        height,
                        size,
                        packed_d.ctypes.data + r * depth * itemsize,
                        1,
                        height,
                        packed.ctypes.data + left * lanes * depth * itemsize,
                        depth,
                        start_at,
                        start_row,
                        total,
                        out.shape[1],
                        total,
                        0,
                    )
                    r += height
                left += size


@inner
def _add_samples(share, groups, d_slots, totals):
    """totals[p, 0, m] += sum of d_slots[p, sample, m] for the slots p of a share: the gradients of the biases.

    d_slots: (P, C * W, G * H').
    totals: (P, 1, H').
    """
    total = lines(totals, 0)
    width = groups.stride
    for p in range(share.first, share.last):
        for c in range(group_count(groups)):
            for t in range(groups.steps):
                sample = lines(d_slots, slot_place(groups, c, t))
                for r in range(rows_of(groups, c)):
                    for m in range(0, width, CHUNK_BYTES // totals.itemsize):
                        total[p, m] = total[p, m] + sample[p, r * width + m]


_add_samples_task = task_of(_add_samples)


@kernel
def add_samples(worker_table, shares, groups, d_slots, totals):
    """Do all shares of `_add_samples`; groups is a plain tuple."""
    fork(worker_table, shares, _add_samples_task(worker_table, shares, (Groups(*groups), d_slots, totals)))


_weight_gradient_task = task_of(_weight_gradient)


@kernel
def weight_gradient(worker_table, shares, groups, d_slots, gates, source, out, scratch):
    """Do all shares of `_weight_gradient`; all but the arrays are plain tuples."""
    values, strides, columns = source
    named = (Groups(*groups), d_slots, GateRows(*gates), Samples(values, Strides(*strides), columns))
    arguments = (*named, out, Scratch(*scratch))
    fork(worker_table, shares, _weight_gradient_task(worker_table, shares, arguments))
