"""One direction of a layer on the CPU: pack the weights, allocate, share the rows among threads, call the kernels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cells.cpu import sequence
from cells.cpu.pack import aligned, pack_rows, pack_transposed, stride, width
from cells.cpu.product import add_samples, add_weight_gradient
from cells.cpu.target import target
from cells.cpu.threads import run, split_rows
from cells.spec import CellSpec

Array = NDArray[Any]
BLOCK_BYTES = 512 * 1024  # slots of a block of steps: half of a usual second-level cache
# Runs of slots: the parameter their weights stand in, the first slot, the gates.
Slots = tuple[str, int, tuple[str, ...]]


def _runs(spec: CellSpec) -> tuple[Slots, Slots, Slots]:
    return (
        ("ih_l0", 0, spec.input_gates),
        ("hh_l0", spec.recurrent_first, spec.recurrent_gates),
        ("hh_l0", spec.masked_first, spec.masked_gates),
    )


@dataclass(frozen=True)
class Weights:
    """The parameters of one direction, and what they look like packed, once somebody has asked."""

    spec: CellSpec
    parameters: Mapping[str, Array]
    hidden_size: int
    _packed: dict[int, tuple[Array, ...]] = field(default_factory=dict)

    def gate_row(self, kind: str, gate: str) -> int:
        """First row of a gate in the parameter arrays that end in `kind`."""
        gates = self.spec.gates if kind == "ih_l0" else self.spec.hidden_gates
        return gates.index(gate) * self.hidden_size

    def kept(self, panel: int) -> tuple[Array, ...]:
        """As `pack`, packed at the first call only: parameters do not change under inference."""
        if panel not in self._packed:
            self._packed[panel] = self.pack(panel)
        return self._packed[panel]

    def pack(self, panel: int) -> tuple[Array, ...]:
        """Input, recurrent and masked weights in panels, slot by slot, and what each slot starts from, (P * W,)."""
        return (*self._each(True, panel), self._bias())

    def pack_transposed(self, panel: int) -> tuple[Array, ...]:
        """The weights for the way back: dL/d slots to dL/d input and dL/d state."""
        return self._each(False, panel)

    def _each(self, forward: bool, panel: int) -> tuple[Array, ...]:
        dtype, hidden = self.parameters["bias_ih_l0"].dtype, self.hidden_size
        packed = []
        for kind, _, gates in _runs(self.spec):
            weight = self.parameters["weight_" + kind] if gates else np.empty((0, hidden), dtype)
            columns, vectors = weight.shape[1], target().vectors if kind == "ih_l0" else panel
            size = columns * width(hidden, dtype.itemsize) if forward else hidden * width(columns, dtype.itemsize)
            out = aligned((len(gates), size), dtype)
            for place, gate in enumerate(gates):
                row = self.gate_row(kind, gate)
                if forward:
                    pack_transposed(weight, row, hidden, vectors, out[place])
                else:
                    pack_rows(weight.ravel(), row * columns, columns, hidden, columns, vectors, out[place])
            packed.append(out.ravel())
        return tuple(packed)

    def _bias(self) -> Array:
        hidden, dtype = self.hidden_size, self.parameters["bias_ih_l0"].dtype
        bias = np.zeros((len(self.spec.slots), width(hidden, dtype.itemsize)), dtype)
        for kind, first, gates in _runs(self.spec):
            for place, gate in enumerate(gates):
                row = self.gate_row(kind, gate)
                bias[first + place, :hidden] += self.parameters["bias_" + kind][row : row + hidden]
        return bias.ravel()


@dataclass(frozen=True)
class Run:
    """A finished forward pass of one direction: everything the backward pass needs. Shapes as in `sequence`."""

    weights: Weights
    x: Array
    slots: Array
    states: Array

    def state(self, index: int) -> Array:
        """(T + 1, B, H) of one state, without padding."""
        values: Array = self.rows(self.states)[index]
        return values

    def slot(self, name: str) -> Array:
        """(T, B, H) of one slot, without padding."""
        values: Array = self.rows(self.slots)[self.weights.spec.slots.index(name)]
        return values

    def rows(self, array: Array) -> Array:
        """(., ., B, H) view of an array whose last axis holds all padded rows of a step."""
        return array.reshape(*array.shape[:2], self.x.shape[1], -1)[..., : self.weights.hidden_size]


@dataclass(frozen=True)
class RunGradients:
    """Gradients of one direction, unpadded: parameters by name, input (T, B, I), states (S, T + 1, B, H)."""

    parameters: dict[str, Array]
    input: Array
    states: Array


@dataclass(frozen=True)
class _Plan:
    """How the rows of a batch are shared, and what that means for blocks and panels."""

    work: float
    shares: list[tuple[int, int]]
    block: int
    panel: int


def _plan(weights: Weights, x: Array) -> _Plan:
    spec, hidden = weights.spec, weights.hidden_size
    steps, batch, inputs = x.shape
    macs = hidden * (len(spec.gates) * inputs + len(spec.hidden_gates) * hidden)
    work = 2.0 * steps * batch * macs
    shares = split_rows(batch, work)
    rows = shares[-1][1] - shares[-1][0]  # the largest share
    step_bytes = rows * len(spec.slots) * width(hidden, x.itemsize) * x.itemsize
    return _Plan(work, shares, max(1, min(steps, BLOCK_BYTES // step_bytes)), target().panel(rows))


def _units(count: int, steps: int, x: Array, hidden: int) -> Array:
    """(count, steps, B * H) uninitialised, H padded; what no product writes is zero."""
    distance = stride(hidden, x.itemsize)
    array = aligned((count, steps, x.shape[1] * distance), x.dtype)
    if distance > width(hidden, x.itemsize):
        array.reshape(count, steps, x.shape[1], distance)[..., width(hidden, x.itemsize) :] = 0
    return array


def infer(weights: Weights, x: Array, initial: Array | None) -> tuple[Array, Array]:
    """Output (T, B, H) and final states (S, B, H); memory does not grow with T beyond the output."""
    steps, batch, _ = x.shape
    plan = _plan(weights, x)
    output = np.empty((steps, batch, weights.hidden_size), x.dtype)
    done = _forward(weights, weights.kept(plan.panel), plan, x, initial, plan.block, output)
    last = steps - (steps - 1) // plan.block * plan.block
    return output, done.rows(done.states)[:, last].copy()


def forward(weights: Weights, x: Array, initial: Array | None) -> Run:
    """Run the whole sequence and keep every slot and state.

    The weights are packed anew: in training an update lies between one call and the next.
    """
    plan = _plan(weights, x)
    nothing = np.empty((0, x.shape[1], weights.hidden_size), x.dtype)
    return _forward(weights, weights.pack(plan.panel), plan, x, initial, x.shape[0], nothing)


def _forward(
    weights: Weights,
    packed: tuple[Array, ...],
    plan: _Plan,
    x: Array,
    initial: Array | None,
    window: int,
    output: Array,
) -> Run:
    spec = weights.spec
    slots = _units(len(spec.slots), window, x, weights.hidden_size)
    states = _units(len(spec.states), window + 1, x, weights.hidden_size)
    done = Run(weights, x, slots, states)
    states[:, 0] = 0
    if initial is not None:
        done.rows(states)[:, 0] = initial
    layout = spec.layout

    def share(first: int, last: int) -> None:
        sequence.forward(layout, first, last, x, *packed, slots, states, output, plan.block, plan.panel)

    run(share, plan.shares)
    return done


def backward(done: Run, d_output: Array, d_final: Array | None) -> RunGradients:
    """Gradients of a loss with dL/d output (T, B, H) and dL/d final state (S, B, H)."""
    weights, x = done.weights, done.x
    steps, batch, inputs = x.shape
    plan = _plan(weights, x)
    d_slots, d_states = aligned(done.slots.shape, x.dtype), aligned(done.states.shape, x.dtype)
    d_x = aligned((steps, batch, width(inputs, x.itemsize)), x.dtype)
    d_states[:, steps] = 0
    if d_final is not None:
        done.rows(d_states)[:, steps] = d_final
    packed = weights.pack_transposed(plan.panel)
    layout = weights.spec.layout

    def through_time(first: int, last: int) -> None:
        sequence.backward(
            layout,
            first,
            last,
            *packed,
            done.slots,
            done.states,
            d_output,
            d_slots,
            d_states,
            d_x,
            plan.block,
            plan.panel,
        )

    run(through_time, plan.shares)
    return RunGradients(
        _parameter_gradients(done, d_slots, plan.work),
        np.ascontiguousarray(d_x[..., :inputs]),
        done.rows(d_states),
    )


def _parameter_gradients(done: Run, d_slots: Array, work: float) -> dict[str, Array]:
    weights, x, hidden = done.weights, done.x, done.weights.hidden_size
    spec, inputs, padded = weights.spec, x.shape[2], done.states.shape[2] // x.shape[1]
    # Where the other side of each product stands: flat values, stride of its rows, columns.
    sources = (
        (x.ravel(), inputs, inputs),
        (done.states[0].ravel(), padded, hidden),
        (done.slots[spec.mask_slot].ravel(), padded, hidden),
    )
    d_slots = d_slots.reshape(len(d_slots), -1, padded)
    totals = aligned((len(d_slots), 1, padded), x.dtype)
    totals[:] = 0
    add_samples(d_slots, totals)
    shapes = spec.parameter_shapes(inputs, hidden)
    gradients = {name: np.empty(shape, x.dtype) for name, shape in shapes.items()}
    for (kind, slot, gates), (values, row, columns) in zip(_runs(spec), sources, strict=True):
        if not gates:
            continue
        name, rows = "weight_" + kind, len(gates) * hidden
        places = np.array([weights.gate_row(kind, gate) for gate in gates])
        for place, total in zip(places, totals[slot:, 0, :hidden], strict=False):
            gradients["bias_" + kind][place : place + hidden] = total
        out = aligned((shapes[name][0], width(columns, x.itemsize)), x.dtype)
        for place in places:
            out[place : place + hidden] = 0

        def share(first: int, last: int, rest: Any = (slot, places, hidden, values, 0, row, columns, out)) -> None:
            add_weight_gradient(d_slots, *rest, first, last)

        run(share, split_rows(rows, work))
        for place in places:
            gradients[name][place : place + hidden] = out[place : place + hidden, :columns]
    return gradients
