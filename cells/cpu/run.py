"""One direction of a layer on the CPU: pack the weights, allocate, share the rows among threads, call the kernels."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cells.cpu import sequence
from cells.cpu.memory import aligned
from cells.cpu.pack import pack_gates, pack_gates_transposed, stride, width
from cells.cpu.product import add_samples, add_weight_gradient
from cells.cpu.target import target
from cells.cpu.threads import get_threads, run, split_rows
from cells.spec import CellSpec, Layout

Array = NDArray[Any]
# Steps whose input products are taken together: their slots fill half of a usual second-level cache, but rows should
# be enough to read large input weights seldom.
BLOCK_BYTES, BLOCK_ROWS = 512 * 1024, 128


@dataclass(frozen=True)
class _Slots:
    """A run of slots that one product fills: its weights' array, its first slot, its gates' first rows in the array."""

    kind: str
    first: int
    places: Array


@dataclass(frozen=True)
class _Plan:
    """How the rows of a batch are shared among threads, and what that means for blocks of steps and panels.

    `idle` holds slots and states of finished inference calls for the next one.
    """

    work: float
    shares: list[tuple[int, int]]
    block: int
    panel: int
    idle: list[tuple[Array, Array]] = field(default_factory=list)


@dataclass(frozen=True)
class Weights:
    """The parameters of one direction, and what can be kept between calls because they do not change."""

    spec: CellSpec
    parameters: Mapping[str, Array]
    hidden_size: int
    _packed: dict[int, tuple[Array, ...]] = field(default_factory=dict)
    _plans: dict[tuple[Any, ...], _Plan] = field(default_factory=dict)

    @functools.cached_property
    def layout(self) -> Layout:
        """What the drivers take."""
        return self.spec.layout

    @functools.cached_property
    def runs(self) -> tuple[_Slots, _Slots, _Slots]:
        """The slots of the input, the recurrent and the masked product."""

        def run_of(kind: str, first: int, gates: tuple[str, ...]) -> _Slots:
            order = self.spec.gates if kind == "ih_l0" else self.spec.hidden_gates
            return _Slots(kind, first, np.array([order.index(gate) * self.hidden_size for gate in gates], np.intp))

        spec = self.spec
        return (
            run_of("ih_l0", 0, spec.input_gates),
            run_of("hh_l0", spec.recurrent_first, spec.recurrent_gates),
            run_of("hh_l0", spec.masked_first, spec.masked_gates),
        )

    def plan(self, x: Array) -> _Plan:
        """The plan for an input (T, B, I), with the present number of threads."""
        key = (x.shape, get_threads())
        plan = self._plans.get(key)
        if plan is None:
            plan = self._new_plan(x.shape, x.itemsize)
            self._plans.clear()  # one shape at a time is usual; a new length at each call must not pile up
            self._plans[key] = plan
        return plan

    def _new_plan(self, shape: tuple[int, ...], itemsize: int) -> _Plan:
        steps, batch, inputs = shape
        spec, hidden = self.spec, self.hidden_size
        work = 2.0 * steps * batch * hidden * (len(spec.gates) * inputs + len(spec.hidden_gates) * hidden)
        shares = split_rows(batch, work)
        rows = shares[-1][1] - shares[-1][0]  # the largest share
        step_bytes = rows * len(spec.slots) * stride(hidden, itemsize) * itemsize
        block = max(BLOCK_BYTES // step_bytes, -(-BLOCK_ROWS // rows))
        return _Plan(work, shares, min(steps, block), target().panel(rows))

    def kept(self, panel: int) -> tuple[Array, ...]:
        """As `pack`, packed at the first call only."""
        if panel not in self._packed:
            self._packed[panel] = self.pack(panel)
        return self._packed[panel]

    def pack(self, panel: int) -> tuple[Array, ...]:
        """Input, recurrent and masked weights in panels, slot by slot, and what each slot starts from, (P * H,)."""
        bias = np.zeros((len(self.spec.slots), width(self.hidden_size, self._itemsize)), self._dtype)
        for slots in self.runs:
            for slot, place in enumerate(slots.places, slots.first):
                given = self.parameters["bias_" + slots.kind]
                bias[slot, : self.hidden_size] += given[place : place + self.hidden_size]
        return (*self._each(pack_gates_transposed, True, panel), bias.ravel())

    def pack_transposed(self, panel: int) -> tuple[Array, ...]:
        """The weights for the way back, from dL/d slots to dL/d input and dL/d state."""
        return self._each(pack_gates, False, panel)

    def _each(self, kernel: Any, forward: bool, panel: int) -> tuple[Array, ...]:
        hidden, packed = self.hidden_size, []
        for slots in self.runs:
            weight = self.parameters.get("weight_" + slots.kind, np.empty((0, hidden), self._dtype))
            depth, columns = (weight.shape[1], hidden) if forward else (hidden, weight.shape[1])
            out = aligned((len(slots.places), depth * width(columns, self._itemsize)), self._dtype)
            vectors = target().vectors if slots.kind == "ih_l0" else panel
            kernel(weight, slots.places, hidden, vectors, out)
            packed.append(out.ravel())
        return tuple(packed)

    @functools.cached_property
    def _dtype(self) -> Any:
        return self.parameters["bias_ih_l0"].dtype

    @functools.cached_property
    def _itemsize(self) -> int:
        return int(self._dtype.itemsize)


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


def infer(weights: Weights, x: Array, initial: Array | None) -> tuple[Array, Array]:
    """Output (T, B, H) and final states (S, B, H); memory does not grow with T beyond the output."""
    steps, batch, _ = x.shape
    plan = weights.plan(x)
    output = aligned((steps, batch, weights.hidden_size), x.dtype)
    try:
        window = plan.idle.pop()
    except IndexError:
        window = _units(weights, x, plan.block)
    done = _forward(weights, weights.kept(plan.panel), plan, x, initial, window, output)
    last = steps - (steps - 1) // plan.block * plan.block
    final = done.rows(done.states)[:, last].copy()
    plan.idle.append(window)
    return output, final


def forward(weights: Weights, x: Array, initial: Array | None) -> Run:
    """Run the whole sequence and keep every slot and state.

    The weights are packed anew: in training an update lies between one call and the next.
    """
    plan = weights.plan(x)
    nothing = np.empty((0, x.shape[1], weights.hidden_size), x.dtype)
    return _forward(weights, weights.pack(plan.panel), plan, x, initial, _units(weights, x, x.shape[0]), nothing)


def _forward(
    weights: Weights,
    packed: tuple[Array, ...],
    plan: _Plan,
    x: Array,
    initial: Array | None,
    window: tuple[Array, Array],
    output: Array,
) -> Run:
    slots, states = window
    done = Run(weights, x, slots, states)
    states[:, 0] = 0
    if initial is not None:
        done.rows(states)[:, 0] = initial

    def share(first: int, last: int) -> None:
        sequence.forward(weights.layout, first, last, x, *packed, slots, states, output, plan.block, plan.panel)

    run(share, plan.shares)
    return done


def _units(weights: Weights, x: Array, steps: int) -> tuple[Array, Array]:
    """Slots (P, steps, B * H) and states (S, steps + 1, B * H), H padded; what no product writes is zero."""
    distance, written = stride(weights.hidden_size, x.itemsize), width(weights.hidden_size, x.itemsize)
    units = x.shape[1] * distance
    slots = aligned((len(weights.spec.slots), steps, units), x.dtype)
    states = aligned((len(weights.spec.states), steps + 1, units), x.dtype)
    if distance > written:
        for array in (slots, states):
            array.reshape(*array.shape[:2], -1, distance)[..., written:] = 0
    return slots, states


def backward(done: Run, d_output: Array, d_final: Array | None) -> RunGradients:
    """Gradients of a loss with dL/d output (T, B, H) and dL/d final state (S, B, H)."""
    weights, x = done.weights, done.x
    steps, batch, inputs = x.shape
    plan = weights.plan(x)
    d_slots, d_states = aligned(done.slots.shape, x.dtype), aligned(done.states.shape, x.dtype)
    d_x = aligned((steps, batch, width(inputs, x.itemsize)), x.dtype)
    d_states[:, steps] = 0
    if d_final is not None:
        done.rows(d_states)[:, steps] = d_final
    packed, slots, states = weights.pack_transposed(plan.panel), done.slots, done.states

    def share(first: int, last: int) -> None:
        given = (*packed, slots, states, d_output, d_slots, d_states, d_x, plan.block, plan.panel)
        sequence.backward(weights.layout, first, last, *given)

    run(share, plan.shares)
    return RunGradients(
        _parameter_gradients(done, d_slots, plan.work),
        np.ascontiguousarray(d_x[..., :inputs]),
        done.rows(d_states),
    )


def _parameter_gradients(done: Run, d_slots: Array, work: float) -> dict[str, Array]:
    weights, x, hidden = done.weights, done.x, done.weights.hidden_size
    inputs, padded = x.shape[2], done.states.shape[2] // x.shape[1]
    # Where the other side of each product stands: flat values, stride of its rows, columns.
    sources = (
        (x.ravel(), inputs, inputs),
        (done.states[0].ravel(), padded, hidden),
        (done.slots[weights.spec.mask_slot].ravel(), padded, hidden),
    )
    d_slots = d_slots.reshape(len(d_slots), -1, padded)
    totals = np.zeros((len(d_slots), 1, padded), x.dtype)
    add_samples(d_slots, totals)
    gradients = {
        name: aligned((array.shape[0], *(width(n, x.itemsize) for n in array.shape[1:])), x.dtype)
        for name, array in weights.parameters.items()
    }
    for slots, (values, row, columns) in zip(weights.runs, sources, strict=True):
        if not len(slots.places):
            continue
        for slot, place in enumerate(slots.places, slots.first):
            gradients["bias_" + slots.kind][place : place + hidden] = totals[slot, 0, :hidden]
        given = (d_slots, slots.first, slots.places, hidden, values, 0, row, columns)
        out = gradients["weight_" + slots.kind]
        for place in slots.places:
            out[place : place + hidden] = 0

        def share(first: int, last: int, given: Any = given, out: Array = out) -> None:
            add_weight_gradient(*given, out, first, last)

        run(share, split_rows(len(slots.places) * hidden, work))
    return {name: _without_padding(array, weights.parameters[name].shape) for name, array in gradients.items()}


def _without_padding(array: Array, shape: tuple[int, ...]) -> Array:
    return array if array.shape == shape else array[:, : shape[1]].copy()
