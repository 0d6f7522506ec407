"""Gradients of the parameters from those of the slots: what the host does around `kernels.weight_gradient`."""

from __future__ import annotations

import numpy as np

from cells.cpu.arguments import GateRows, Units
from cells.cpu.kernels.weight_gradient import VECTORS, Scratch, add_samples, weight_gradient
from cells.cpu.layout import Array, Groups, whole_vectors
from cells.cpu.memory import aligned
from cells.cpu.strides import Samples, sequence_strides, slot_strides, state_strides
from cells.cpu.target import target
from cells.cpu.threads.pool import Shares, call_kernel, split
from cells.cpu.weights import Weights
from cells.spec import CellSpec

DEPTH_BYTES = 2048  # of a column of samples taken together: longer ones push each other out of the second-level cache
SUMMING = 4.0  # floating-point operations that take about as long as to add one number


def parameter_gradients(
    weights: Weights, groups: Groups, x: Array, units: Units, d_slots: Array, work: float
) -> dict[str, Array]:
    """Compute the gradients by the parameters' names.

    groups, x, units, d_slots: of a finished backward pass.
    work: floating-point operations of a forward pass.
    """
    totals = np.zeros((len(d_slots), 1, groups.stride), x.dtype)
    call_kernel(add_samples, split(len(d_slots), SUMMING * d_slots.size), tuple(groups), d_slots, totals)
    gradients = {
        name: aligned((array.shape[0], *(whole_vectors(n, x.itemsize) for n in array.shape[1:])), x.dtype)
        for name, array in weights.parameters.items()
    }
    for slots in weights.products:
        places = slots.gates.places
        if not len(places):
            continue
        for slot, place in enumerate(places, slots.gates.slot):
            gradients["bias_" + slots.kind][place : place + groups.hidden] = totals[slot, 0, : groups.hidden]
        shares = split(len(places) * groups.hidden, work)
        source = samples_of(slots.source, weights.spec, groups, x, units)
        multiply(shares, groups, d_slots, slots.gates, source, gradients["weight_" + slots.kind])
    return {name: _without_padding(array, weights.parameters[name].shape) for name, array in gradients.items()}


def samples_of(source: str, spec: CellSpec, groups: Groups, x: Array, units: Units) -> Samples:
    """Return what a product multiplied: the "input" x, the "state" h or the "masked" state."""
    if source == "input":
        return Samples(x.ravel(), sequence_strides(groups, x.shape[2]), x.shape[2])
    if source == "state":
        return Samples(units.states[0].ravel(), state_strides(groups), groups.hidden)
    return Samples(units.slots[spec.mask_slot].ravel(), slot_strides(groups), groups.hidden)


def multiply(shares: Shares, groups: Groups, d_slots: Array, gates: GateRows, source: Samples, out: Array) -> None:
    """Set out = d_slots^T source over all samples, for the slots of some gates; see `_weight_gradient`."""
    samples = groups.steps * groups.batch
    block = -(-samples // -(-samples * out.itemsize // DEPTH_BYTES))
    zeros = VECTORS * target().lanes(out.itemsize)
    memory = aligned((len(shares), zeros + block * (out.shape[1] + groups.hidden)), out.dtype)
    memory[:, :zeros] = 0
    plain = (source.values, tuple(source.strides), source.columns)
    call_kernel(
        weight_gradient, shares, tuple(groups), d_slots, tuple(gates), plain, out, tuple(Scratch(block, memory))
    )


def _without_padding(array: Array, shape: tuple[int, ...]) -> Array:
    return array if array.shape == shape else array[:, : shape[1]].copy()
