"""A training step of one direction: what a pass allocates is made once for a shape of input, and used again.

Nothing here checks what it is given, and a pass is overwritten by the next. dL/dx is not computed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cells.cpu.arguments import Units
from cells.cpu.kernels import sequence
from cells.cpu.kernels.flat_gradient import flat_gradient
from cells.cpu.kernels.refresh import refresh
from cells.cpu.kernels.weight_gradient import VECTORS
from cells.cpu.layout import Array, sequence_strides, whole_vectors
from cells.cpu.memory import aligned
from cells.cpu.parameter_gradients import DEPTH_BYTES, SUMMING, samples_of
from cells.cpu.plan import make_plan
from cells.cpu.target import target
from cells.cpu.threads.pool import call_kernel, split
from cells.cpu.weights import Weights


class DirectionPass:
    """Forward and backward pass of a direction over inputs of one shape, in memory of its own.

    Attributes
    ----------
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
        self._prepare_gradients(weights, shape, gradients)

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

    def _prepare_gradients(self, weights: Weights, shape: tuple[int, int, int], gradients: Mapping[str, Array]) -> None:
        plan, groups, slots = self._plan, self._plan.training.groups, self.d_slots
        steps, batch, inputs = shape
        dtype = slots.dtype
        samples = steps * batch
        block = -(-samples // -(-samples * dtype.itemsize // DEPTH_BYTES))
        zeros = VECTORS * target().lanes(dtype.itemsize)
        no_gradient = np.empty(0, dtype)
        jobs: list[Any] = []
        units = Units(self.slots, self.states)
        unknown = np.empty(shape, dtype)
        for product in weights.products:
            shares = split(max(len(product.gates.places), 1) * groups.hidden, plan.work)
            source = samples_of(product.source, weights.spec, groups, unknown, units)
            rows = weights.parameters["weight_" + product.kind].shape[0] if len(product.gates.places) else 0
            out = aligned((rows, whole_vectors(source.columns, dtype.itemsize)), dtype)
            memory = aligned((len(shares), zeros + block * (out.shape[1] + groups.hidden)), dtype)
            memory[:, :zeros] = 0
            plain_source = (source.values, tuple(source.strides), source.columns)
            d_weight = gradients.get("weight_" + product.kind, no_gradient)
            d_bias = gradients.get("bias_" + product.kind, no_gradient)
            jobs.append((shares, tuple(product.gates), plain_source, out, (block, memory), d_weight, d_bias))
        self._input_strides = tuple(sequence_strides(groups, inputs))
        self._jobs = jobs
        self._slot_shares = split(len(slots), SUMMING * slots.size)
        self._most_shares = max((self._slot_shares, *(job[0] for job in jobs)), key=len)
        self._totals = np.zeros((len(slots), 1, groups.stride), dtype)

    def forward(self, x: Array) -> None:
        """Run through x (T, B, I), C-contiguous and of the weights' dtype, with the parameters as they are now."""
        refresh(*self._packing)
        call_kernel(
            sequence.forward,
            self._plan.shares,
            self.cell,
            self._plan.plain_training,
            self._forward,
            (x, self._no_output),
            (self.slots, self.states),
            self._no_ends,
        )

    def backward(self, x: Array, lengths: NDArray[np.int64] | None) -> None:
        """Set the gradients of the parameters, from those of the output and of the final state.

        lengths: (B,) where `d_ends` was set.
        """
        units, d_units = (self.slots, self.states), (self.d_slots, self.d_states)
        call_kernel(
            sequence.backward,
            self._plan.shares,
            self.cell,
            self._plan.plain_training,
            self._backward,
            units,
            self._d_sequences,
            d_units,
            self._no_ends if lengths is None else (lengths, self.d_ends),
        )
        shares, gates, (_, strides, columns), *rest = self._jobs[0]
        jobs = ((shares, gates, (x.reshape(-1), strides, columns), *rest), *self._jobs[1:])
        groups = tuple(self._plan.training.groups)
        call_kernel(flat_gradient, self._most_shares, groups, self.d_slots, self._totals, self._slot_shares, jobs)
