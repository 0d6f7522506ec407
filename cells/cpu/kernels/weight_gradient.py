"""Gradients of the parameters: one product over all steps and samples for each weight matrix, a sum for each bias."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

from cells.cpu.kernels.pack import pack_rows, pack_tiles, width
from cells.cpu.kernels.tile import tile
from cells.cpu.kernels.vector import lines
from cells.cpu.layout import Groups
from cells.cpu.memory import aligned
from cells.cpu.target import target
from cells.cpu.threads.fork import fork, task_of
from cells.cpu.threads.pool import run, split
from cells.cpu.weights import SlotRun, Weights
from cells.kernel_cache import inner, kernel

Array = NDArray[Any]
ROWS, VECTORS, VECTOR_BYTES = target().rows, target().vectors, target().vector_bytes
CHUNK_BYTES = target().chunk_bytes
ZERO, WIDE = np.int64(0), np.int64(VECTORS)  # typed: for literals `pack_rows` would be compiled once more
DEPTH_BYTES = 2048  # of a column of samples taken together: longer ones push each other out of the second-level cache
SUMMING = 4.0  # floating-point operations that take about as long as to add one number


def parameter_gradients(
    weights: Weights, groups: Groups, x: Array, slots: Array, states: Array, d_slots: Array, work: float
) -> dict[str, Array]:
    """Gradients by the parameters' names. Shapes as in `sequence`; work: operations of a forward pass."""
    steps, batch, inputs = x.shape
    hidden, of_step = weights.hidden_size, slots.shape[2]
    together, padded = groups.together, of_step // groups.together
    of_slots, of_states = (array.shape[1] // groups.count * of_step for array in (slots, states))
    # The other side of each product: flat values; distances of groups, steps and rows; columns.
    sources = (
        (x.ravel(), together * inputs, batch * inputs, inputs, inputs),
        (states[0].ravel(), of_states, of_step, padded, hidden),
        (slots[weights.spec.mask_slot].ravel(), of_slots, of_step, padded, hidden),
    )
    totals = np.zeros((len(d_slots), 1, padded), x.dtype)
    samples = (steps, batch, together)
    run(add_samples, split(len(d_slots), SUMMING * d_slots.size), d_slots, totals, *samples)
    gradients = {
        name: aligned((array.shape[0], *(width(n, x.itemsize) for n in array.shape[1:])), x.dtype)
        for name, array in weights.parameters.items()
    }
    for of, source in zip(weights.runs, sources, strict=True):
        if not len(of.places):
            continue
        for slot, place in enumerate(of.places, of.first):
            gradients["bias_" + of.kind][place : place + hidden] = totals[slot, 0, :hidden]
        shares = split(len(of.places) * hidden, work)
        multiply(shares, d_slots, of, hidden, source, samples, gradients["weight_" + of.kind])
    return {name: _without_padding(array, weights.parameters[name].shape) for name, array in gradients.items()}


def multiply(
    shares: Array,
    d_slots: Array,
    of: SlotRun,
    hidden: int,
    source: tuple[Array, int, int, int, int],
    samples: tuple[int, int, int],
    out: Array,
) -> None:
    """Out = d_slots^T source over all samples, for the slots of a run; see `_weight_gradient`."""
    itemsize, count = out.itemsize, samples[0] * samples[1]
    block = -(-count // -(-count * itemsize // DEPTH_BYTES))
    zeros = VECTORS * target().lanes(itemsize)
    scratch = aligned((len(shares), zeros + block * (out.shape[1] + hidden)), out.dtype)
    scratch[:, :zeros] = 0
    run(weight_gradient, shares, d_slots, of.first, of.places, hidden, source, samples, out, block, scratch)


def _without_padding(array: Array, shape: tuple[int, ...]) -> Array:
    return array if array.shape == shape else array[:, : shape[1]].copy()


@register_jitable
def _run_of_samples(sample, samples, of_group, of_step, of_row):
    """Where a sample stands, and the distance and number of those that follow it at one distance, itself included.

    The order of the samples: groups, their steps, their rows. The of_ are the distances of two groups, steps and rows.
    """
    steps, batch, together = samples
    c = sample // (steps * together)
    inside, rows = sample - c * steps * together, min(together, batch - c * together)
    t, r = inside // rows, inside % rows
    at = c * of_group + t * of_step + r * of_row
    if rows == 1:
        return at, of_step, steps - t
    return at, of_row, steps * rows - inside if of_step == rows * of_row else rows - r


@inner
def _weight_gradient(share, d_slots, slot, places, units, source, samples, out, block, scratch):
    """out[m, n] = sum_k d[k, m] source[k, n], the sum over all samples k in the order of `_run_of_samples`.

    d: the slots of d_slots (P, C * W, G * H) from `slot` on, one for each of `places`. m counts through `units` of
    each; those of slot p go to the rows of out (M, N), N a whole number of vectors, that begin at places[p]. A share is
    of all m. source: flat values, the distances of groups, steps and rows, and N without padding. samples: (T, B, G).
    Both sides are packed `block` samples at a time, into the share's row of scratch.
    """
    first, last, number, _, _ = share
    steps, batch, together = samples
    given, of_group, of_step, of_row, columns = source
    itemsize, of_slot = out.itemsize, d_slots.shape[1] * d_slots.shape[2]
    d_step, d_row = d_slots.shape[2], d_slots.shape[2] // together
    d_group = of_slot // ((batch + together - 1) // together)
    values = d_slots.reshape(-1)
    lanes = VECTOR_BYTES // itemsize
    vectors = out.shape[1] // lanes
    panels = (vectors + VECTORS - 1) // VECTORS
    each, longer = vectors // panels, vectors % panels
    # Of the scratch: where the sums of the first block start, packed sources, packed d.
    zeros, packed = scratch[number, : VECTORS * lanes], scratch[number, VECTORS * lanes :]
    packed_d = packed[block * out.shape[1] :]
    for begin in range(0, steps * batch, block):
        depth = min(block, steps * batch - begin)
        k = ZERO
        while k < depth:
            at, row, count = _run_of_samples(begin + k, samples, of_group, of_step, of_row)
            count = min(count, depth - k)
            pack_rows(given, at, row, count, columns, WIDE, packed, k, depth)
            k += count
        for p in range(places.size):
            low, high = max(first - p * units, 0), min(last - p * units, units)
            if low >= high:
                continue
            k = ZERO
            while k < depth:
                at, row, count = _run_of_samples(begin + k, samples, d_group, d_step, d_row)
                count = min(count, depth - k)
                pack_tiles(values, (slot + p) * of_slot + at + low, row, count, high - low, packed_d, k, depth)
                k += count
            tiles = (high - low + ROWS - 1) // ROWS
            each_row, longer_rows = (high - low) // tiles, (high - low) % tiles
            left = 0
            for q in range(panels):
                size = each + (q < longer)
                r = 0
                for i in range(tiles):
                    height = each_row + (i < longer_rows)
                    out_at = out.ctypes.data + ((places[p] + low + r) * out.shape[1] + left * lanes) * itemsize
                    start, start_row = (zeros.ctypes.data, 0) if begin == 0 else (out_at, out.shape[1])
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


@inner
def _add_samples(share, d_slots, totals, steps, batch, together):
    """totals[p, 0, m] += sum of d_slots[p, sample, m] for the slots p of a share: the gradients of the biases.

    Shapes (P, C * W, G * H) and (P, 1, H).
    """
    first, last, _, _, _ = share
    groups = (batch + together - 1) // together
    window, width = d_slots.shape[1] // groups, totals.shape[2]
    total = lines(totals, 0)
    for p in range(first, last):
        for c in range(groups):
            for t in range(steps):
                sample = lines(d_slots, c * window + t)
                for r in range(min(together, batch - c * together)):
                    for m in range(0, width, CHUNK_BYTES // totals.itemsize):
                        total[p, m] = total[p, m] + sample[p, r * width + m]


_add_samples_task = task_of(_add_samples)


@kernel
def add_samples(crew, shares, d_slots, totals, steps, batch, together):
    """All shares of `_add_samples`."""
    fork(crew, shares, _add_samples_task(crew, shares, (d_slots, totals, steps, batch, together)))


_weight_gradient_task = task_of(_weight_gradient)


@kernel
def weight_gradient(crew, shares, d_slots, slot, places, units, source, samples, out, block, scratch):
    """All shares of `_weight_gradient`."""
    given = (d_slots, slot, places, units, source, samples, out, block, scratch)
    fork(crew, shares, _weight_gradient_task(crew, shares, given))
