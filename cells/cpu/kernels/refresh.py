"""Packed weights made anew in place, all of a direction in one call: what a training step begins with.

`pack` says how weights stand in panels. Here nothing is allocated and no work is shared: packing a layer's weights
takes a few hundredths of its step.
"""

from __future__ import annotations

import numpy as np

from cells.cpu.arguments import GateRows
from cells.cpu.kernels import pack
from cells.cpu.layout import VECTOR_BYTES, even_cut, whole_vectors
from cells.cpu.threads.fork import Share, do_or_keep, kept_task_of
from cells.kernel_cache import inner, kernel

ZERO, ONE = np.int64(0), np.int64(1)  # typed: with literals the packing would be compiled once more


@inner
def _add_bias(values, gates, columns, bias):
    """Add to the bias of each slot of a product the values of its gate."""
    for g in range(gates.places.size):
        rows = values[gates.places[g] : gates.places[g] + gates.hidden]
        into = bias[(gates.slot + g) * columns : (gates.slot + g) * columns + gates.hidden]
        for k in range(rows.size):
            into[k] += rows[k]


@inner
def _refresh(share, forward, backward, bias):
    """Pack the weights of every product, and sum the biases of every slot.

    forward: for each product (weight, bias, gates, panel, together, out), see `pack._forward`; bias is the parameter.
    backward: for each product (weight, gates, panel, out), see `pack._backward`.
    bias: (P * columns,), gets what slots start from. gates are plain tuples. The share is all there is.
    """
    bias[:] = 0
    for weight, values, gates, panel, together, out in forward:
        named = GateRows(*gates)
        columns = whole_vectors(named.hidden, weight.itemsize)
        pieces = np.int64(named.places.size * even_cut(columns // (VECTOR_BYTES // weight.itemsize), panel).parts)
        pack._forward(Share(ZERO, pieces, ZERO, ONE, ZERO), weight, named, panel, together, out)
        _add_bias(values, named, columns, bias)
    for weight, gates, panel, out in backward:
        named = GateRows(*gates)
        pack._backward(Share(ZERO, np.int64(named.places.size), ZERO, ONE, ZERO), weight, named, panel, out)


_refresh_task = kept_task_of(_refresh)


@kernel
def refresh(worker_table, shares, forward, backward, bias, room):
    """Do `_refresh`, or keep the task in `room`."""
    do_or_keep(worker_table, shares, _refresh_task(worker_table, shares, (forward, backward, bias), room), room)
