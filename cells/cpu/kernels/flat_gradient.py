"""The gradients of all parameters of a direction in one call, into one flat vector: what a training step ends with."""

from __future__ import annotations

from cells.cpu.arguments import GateRows
from cells.cpu.kernels.weight_gradient import Scratch, _add_samples_task, _weight_gradient_task
from cells.cpu.layout import Groups, Samples, Strides
from cells.cpu.threads.fork import fork
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


@kernel
def flat_gradient(worker_table, most_shares, groups, d_slots, totals, slot_shares, products):
    """Set the gradients of weights and biases from those of the slots, in the order of samples of `weight_gradient`.

    most_shares: the shares of the product that has most of them.
    totals: (P, 1, H'), scratch for the sums over samples. slot_shares: of the P slots.
    products: for each (shares, gates, source, out, scratch, d_weight, d_bias): out (M, N) with N a whole number of
        vectors is scratch, d_weight and d_bias are flat and get the gradients; the rest as in `weight_gradient`.
    """
    named_groups = Groups(*groups)
    totals[:] = 0
    fork(worker_table, slot_shares, _add_samples_task(worker_table, slot_shares, (named_groups, d_slots, totals)))
    for shares, gates, source, out, scratch, d_weight, d_bias in products:
        values, strides, columns = source
        rows = GateRows(*gates)
        if rows.places.size > 0:
            arguments = (
                named_groups,
                d_slots,
                rows,
                Samples(values, Strides(*strides), columns),
                out,
                Scratch(*scratch),
            )
            fork(worker_table, shares, _weight_gradient_task(worker_table, shares, arguments))
            _copy_rows(out, rows, columns, d_weight)
            _copy_sums(totals, rows, d_bias)
