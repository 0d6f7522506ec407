"""The gradients of all parameters of a direction, into one flat vector: what a training step ends with."""

from __future__ import annotations

from cells.cpu.arguments import GateRows
from cells.cpu.kernels.weight_gradient import Scratch, _add_samples, _weight_gradient
from cells.cpu.layout import Groups
from cells.cpu.strides import Samples, Strides
from cells.cpu.threads.fork import do_or_keep, kept_task_of
from cells.kernel_cache import inner, kernel


@inner
def _copy_rows(source, gates, columns, into):
    """Copy the rows of the gates of a product without their padding; into: flat, rows of `columns`."""
    for g in range(gates.places.size):
        for row in range(gates.places[g], gates.places[g] + gates.hidden):
            padded, plain = source[row], into[row * columns : (row + 1) * columns]
            for n in range(plain.size):
                plain[n] = padded[n]


@inner
def _copy_sums(totals, gates, into):
    """Copy the sums of the slots of a product to the gradient of its bias."""
    for g in range(gates.places.size):
        sums, plain = totals[gates.slot + g, 0], into[gates.places[g] : gates.places[g] + gates.hidden]
        for n in range(plain.size):
            plain[n] = sums[n]


@inner
def _sum_samples(share, groups, d_slots, totals):
    """Set totals[p, 0, m] = sum of d_slots[p, sample, m], as `weight_gradient` adds them."""
    for p in range(share.first, share.last):
        totals[p] = 0
    _add_samples(share, groups, d_slots, totals)


@inner
def _flatten(share, totals, products):
    """Copy gradients to where a flat vector has them; the share is all there is.

    totals: (P, 1, H'), the sums of slots over samples.
    products: for each (out, gates, columns, d_weight, d_bias), out (M, N) the gradient of the weights in rows of whole
        vectors, of which `columns` count, gates a plain tuple, d_weight and d_bias flat.
    """
    for out, gates, columns, d_weight, d_bias in products:
        rows = GateRows(*gates)
        _copy_rows(out, rows, columns, d_weight)
        _copy_sums(totals, rows, d_bias)


_sum_samples_task = kept_task_of(_sum_samples)
_weight_gradient_task = kept_task_of(_weight_gradient)
_flatten_task = kept_task_of(_flatten)


@kernel
def sum_samples(worker_table, shares, groups, d_slots, totals, room):
    """Do all shares of `_sum_samples`, or keep the task in `room`; groups is a plain tuple."""
    arguments = (Groups(*groups), d_slots, totals)
    do_or_keep(worker_table, shares, _sum_samples_task(worker_table, shares, arguments, room), room)


@kernel
def multiply(worker_table, shares, groups, d_slots, gates, source, out, scratch, room):
    """Do all shares of `weight_gradient._weight_gradient`, or keep the task in `room`; all but arrays plain tuples."""
    values, strides, columns = source
    named = (Groups(*groups), d_slots, GateRows(*gates), Samples(values, Strides(*strides), columns))
    arguments = (*named, out, Scratch(*scratch))
    do_or_keep(worker_table, shares, _weight_gradient_task(worker_table, shares, arguments, room), room)


@kernel
def flatten(worker_table, shares, totals, products, room):
    """Do `_flatten`, or keep the task in `room`."""
    do_or_keep(worker_table, shares, _flatten_task(worker_table, shares, (totals, products), room), room)
