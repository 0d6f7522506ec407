"""A training step of one direction: what a pass allocates is made once for a shape of input, and used again.

Nothing here checks what it is given, and a pass is overwritten by the next. dL/dx is not computed. The kernels are kept
with their arguments in a `Programme`, which runs them in one call.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cells.cpu.arguments import Units
from cells.cpu.kernels import sequence
from cells.cpu.kernels.flat_gradient import flatten, multiply, sum_samples
from cells.cpu.kernels.refresh import refresh
from cells.cpu.kernels.weight_gradient import VECTORS
from cells.cpu.layout import Array, whole_vectors
from cells.cpu.memory import aligned
from cells.cpu.parameter_gradients import DEPTH_BYTES, SUMMING, samples_of
from cells.cpu.plan import make_plan
from cells.cpu.programme import ALONE, Programme
from cells.cpu.target import target
from cells.cpu.threads.pool import split
from cells.cpu.weights import Weights


class DirectionPass:
    """Forward and backward pass of a direction over inputs of one shape, in memory of its own.

    Attributes
    ----------
    x : (T, B, I) array
        The input, in the order of the direction: whoever runs the programme sets it before.
    groups
        Where the rows of the batch stand.
    slots, states, d_slots, d_states
        Slots and states, and their gradients, as in `cells.cpu.arguments.Units`.
    d_output : (T, B, H) array
        dL/d output; no steps where the last step alone is read.
    d_ends : (S, B, H) array
        dL/d final states of rows that end early; of others it is dL/d state at T.

    """

    def __init__(
        self,
        weights: Weights,
        shape: tuple[int, int, int],
        gradients: Mapping[str, Array],
        *,
        every: bool,
    ) -> None:
        """Make room for inputs x of `shape` (T, B, I).

        gradients: where those of the parameters are to go, flat, by name.
        every: whether every step is read.
        """
        steps, batch, inputs = shape
        dtype = weights.parameters["bias_ih_l0"].dtype
        self._plan = make_plan(weights.spec, weights.hidden_size, shape, dtype.itemsize)
        groups = self.groups = self._plan.training.groups
        spec = weights.spec
        self.x = np.empty(shape, dtype)
        self.cell = weights.cell
        self.slots, self.d_slots = (groups.make_slots(len(spec.slots), dtype) for _ in range(2))
        self.states, self.d_states = (groups.make_states(len(spec.states), dtype) for _ in range(2))
        groups.set_step(self.states, 0, None)
        groups.set_step(self.d_states, steps, None)
        self._no_output = np.empty((0, batch, weights.hidden_size), dtype)
        self.d_output = np.empty((steps, *self._no_output.shape[1:]), dtype) if every else self._no_output
        self.d_ends = np.zeros((len(spec.states), batch, weights.hidden_size), dtype)
        self._d_sequences = (np.empty((0, batch, inputs), dtype), self.d_output)
        self._no_ends = (np.empty(0, np.int64), np.empty((0, 0, 0), dtype))
        self._prepare_weights(weights)
        self._prepare_gradients(weights, gradients)

    def _prepare_weights(self, weights: Weights) -> None:
        """Take packed weights that nobody else has, and note how they are packed anew."""
        panels = self._plan.training.panels
        weights.forget_packed()
        forward, backward = weights.forward(panels), weights.backward(panels)
        weights.forget_packed()
        no_input = np.empty(0, forward.bias.dtype)  # dL/dx is not computed
        self._forward, self._backward = tuple(forward), (no_input, backward.recurrent, backward.masked)
        widths = (panels.many_rows, panels.recurrent, panels.masked)
        hidden, dtype = weights.hidden_size, forward.bias.dtype
        no_weight, no_bias = np.empty((0, hidden), dtype), np.empty(0, dtype)
        jobs = []
        for product, width, out in zip(weights.products, widths, forward[:3], strict=True):
            strips = panels.interleaved and product.source != "input"
            jobs.append(
                (
                    weights.parameters.get("weight_" + product.kind, no_weight),
                    weights.parameters.get("bias_" + product.kind, no_bias),
                    tuple(product.gates),
                    width,
                    len(product.gates.places) if strips else 1,
                    out,
                )
            )
        backward_jobs = [
            (weights.parameters.get("weight_" + product.kind, no_weight), tuple(product.gates), panels.back, out)
            for product, out in zip(weights.products[1:], backward[1:], strict=True)
        ]
        self._packing = (tuple(jobs), tuple(backward_jobs), forward.bias)

    def _prepare_gradients(self, weights: Weights, gradients: Mapping[str, Array]) -> None:
        plan, groups, slots = self._plan, self.groups, self.d_slots
        steps, batch, _ = self.x.shape
        dtype = slots.dtype
        samples = steps * batch
        block = -(-samples // -(-samples * dtype.itemsize // DEPTH_BYTES))
        zeros = VECTORS * target().lanes(dtype.itemsize)
        no_gradient = np.empty(0, dtype)
        self._products: list[tuple[Any, ...]] = []
        copies = []
        for product in weights.products:
            if not len(product.gates.places):
                continue
            gates = tuple(product.gates)
            shares = split(len(product.gates.places) * groups.hidden, plan.work)
            source = samples_of(product.source, weights.spec, groups, self.x, Units(self.slots, self.states))
            rows = len(weights.parameters["weight_" + product.kind])
            out = aligned((rows, whole_vectors(source.columns, dtype.itemsize)), dtype)
            memory = aligned((len(shares), zeros + block * (out.shape[1] + groups.hidden)), dtype)
            memory[:, :zeros] = 0
            plain_source = (source.values, tuple(source.strides), source.columns)
            self._products.append((shares, tuple(groups), slots, gates, plain_source, out, (block, memory)))
            d_weight, d_bias = (gradients.get(what + product.kind, no_gradient) for what in ("weight_", "bias_"))
            copies.append((out, gates, source.columns, d_weight, d_bias))
        self._copies = tuple(copies)
        self._slot_shares = split(len(slots), SUMMING * slots.size)
        self._totals = np.zeros((len(slots), 1, groups.stride), dtype)

    def add_forward(self, programme: Programme) -> None:
        """Add what packs the parameters as they are then, and runs through x."""
        programme.add(refresh, ALONE, *self._packing)
        plan, units = self._plan, (self.slots, self.states)
        sequences = (self.x, self._no_output)
        programme.add(
            sequence.forward,
            plan.shares,
            self.cell,
            plan.plain_training,
            self._forward,
            sequences,
            units,
            self._no_ends,
        )

    def add_backward(self, programme: Programme, lengths: NDArray[np.int64] | None) -> None:
        """Add what sets the gradients of the parameters from those of the output and of the final state.

        lengths: (B,) where `d_ends` has the gradients of the final states.
        """
        plan, units, d_units = self._plan, (self.slots, self.states), (self.d_slots, self.d_states)
        ends = self._no_ends if lengths is None else (lengths, self.d_ends)
        arrays = (self._backward, units, self._d_sequences, d_units, ends)
        programme.add(sequence.backward, plan.shares, self.cell, plan.plain_training, *arrays)
        programme.add(sum_samples, self._slot_shares, tuple(self.groups), self.d_slots, self._totals)
        for shares, *arguments in self._products:
            programme.add(multiply, shares, *arguments)
        programme.add(flatten, ALONE, self._totals, self._copies)
