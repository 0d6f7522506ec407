"""Gradients of the parameters: one product over all steps and samples for each weight matrix, a sum for each bias."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cells.cpu.cache import kernel
from cells.cpu.fork import fork, task_of
from cells.cpu.memory import aligned
from cells.cpu.pack import pack_rows, pack_tiles, width
from cells.cpu.target import target
from cells.cpu.threads import run, split
from cells.cpu.tile import tile
from cells.cpu.vector import lines
from cells.cpu.weights import Weights

Array = NDArray[Any]
ROWS, VECTORS, VECTOR_BYTES = target().rows, target().vectors, target().vector_bytes
CHUNK_BYTES = target().chunk_bytes
DEPTH_BYTES = 2048  # of a column of samples taken together: longer ones push each other out of the second-level cache
SUMMING = 4.0  # floating-point operations that take about as long as to add one number


def parameter_gradients(
    weights: Weights, x: Array, slots: Array, states: Array, d_slots: Array, work: float
) -> dict[str, Array]:
    """Gradients by the parameters' names. Shapes as in `sequence`; work: operations of a forward pass."""
    hidden, inputs, padded = weights.hidden_size, x.shape[2], states.shape[2] // x.shape[1]
    # The other side of each product: its flat values, the stride of its rows, its columns.
    sources = (
        (x.ravel(), inputs, inputs),
        (states[0].ravel(), padded, hidden),
        (slots[weights.spec.mask_slot].ravel(), padded, hidden),
    )
    d_slots = d_slots.reshape(len(d_slots), -1, padded)
    totals = np.zeros((len(d_slots), 1, padded), x.dtype)
    run(add_samples, split(len(d_slots), SUMMING * d_slots.size), d_slots, totals)
    gradients = {
        name: aligned((array.shape[0], *(width(n, x.itemsize) for n in array.shape[1:])), x.dtype)
        for name, array in weights.parameters.items()
    }
    for of, (values, row, columns) in zip(weights.runs, sources, strict=True):
        if not len(of.places):
            continue
        for slot, place in enumerate(of.places, of.first):
            gradients["bias_" + of.kind][place : place + hidden] = totals[slot, 0, :hidden]
        given = (d_slots, of.first, of.places, hidden, values, row, columns, gradients["weight_" + of.kind])
        multiply(split(len(of.places) * hidden, work), *given)
    return {name: _without_padding(array, weights.parameters[name].shape) for name, array in gradients.items()}


def multiply(
    shares: Array,
    d_slots: Array,
    first: int,
    places: Array,
    hidden: int,
    values: Array,
    row: int,
    columns: int,
    out: Array,
) -> None:
    """Out = d_slots^T values for the slots from `first` on, one for each place; see `_weight_gradient`."""
    samples, itemsize = d_slots.shape[1], out.itemsize
    block = -(-samples // -(-samples * itemsize // DEPTH_BYTES))
    size = VECTORS * target().lanes(itemsize) + block * (out.shape[1] + hidden)
    scratch = aligned((len(shares), size), out.dtype)
    scratch[:, : VECTORS * target().lanes(itemsize)] = 0
    run(weight_gradient, shares, d_slots, first, places, hidden, values, row, columns, out, block, scratch)


def _without_padding(array: Array, shape: tuple[int, ...]) -> Array:
    return array if array.shape == shape else array[:, : shape[1]].copy()


@kernel
def _weight_gradient(share, d_slots, slot, places, units, source, row, columns, out, block, scratch):
    """out[m, n] = sum_k d[k, m] source[k, n], the sum over all steps and samples k.

    d: the slots of d_slots (P, T B, H) from `slot` on, one for each of `places`. m counts through `units` of each;
    those of slot p go to the rows of out (M, N), N a whole number of vectors, that begin at places[p]. A share is
    of all m. source: flat, its rows `row` apart. Both are packed `block` k at a time, into the share's row of scratch.
    """
    first, last, number, _, _ = share
    itemsize = out.itemsize
    _, samples, width = d_slots.shape
    values = d_slots.reshape(-1)
    lanes = VECTOR_BYTES // itemsize
    vectors = out.shape[1] // lanes
    panels = (vectors + VECTORS - 1) // VECTORS
    each, longer = vectors // panels, vectors % panels
    # Of the scratch: where the sums of the first block start, packed sources, packed d.
    zeros, packed = scratch[number, : VECTORS * lanes], scratch[number, VECTORS * lanes :]
    packed_d = packed[block * out.shape[1] :]
    for k in range(0, samples, block):
        depth = min(block, samples - k)
        pack_rows(source, k * row, row, depth, columns, VECTORS, packed)
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
def _add_samples(share, d_slots, totals):
    """totals[p, 0, m] += sum_k d_slots[p, k, m] for the slots p of a share: the gradients of the biases.

    Shapes (P, T B, H) and (P, 1, H).
    """
    first, last, _, _, _ = share
    _, samples, width = d_slots.shape
    total = lines(totals, 0)
    for p in range(first, last):
        for k in range(samples):
            sample = lines(d_slots, k)
            for m in range(0, width, CHUNK_BYTES // totals.itemsize):
                total[p, m] = total[p, m] + sample[p, m]


_add_samples_task = task_of(_add_samples)


@kernel
def add_samples(crew, shares, d_slots, totals):
    """All shares of `_add_samples`."""
    fork(crew, shares, _add_samples_task(crew, shares, (d_slots, totals)))


_weight_gradient_task = task_of(_weight_gradient)


@kernel
def weight_gradient(crew, shares, d_slots, slot, places, units, source, row, columns, out, block, scratch):
    """All shares of `_weight_gradient`."""
    fork(
        crew,
        shares,
        _weight_gradient_task(crew, shares, (d_slots, slot, places, units, source, row, columns, out, block, scratch)),
    )
