"""One direction of a layer on the CPU: pack the weights, allocate, share the rows among threads, call the kernels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cells.cpu import product, sequence
from cells.cpu.pack import aligned, gate_rows, pack, slot_bias, width
from cells.cpu.threads import run, split_rows
from cells.spec import CellSpec

Array = NDArray[Any]
WINDOW_BYTES = 512 * 1024  # slots of an inference window: half of a usual second-level cache


@dataclass(frozen=True)
class Run:
    """A finished forward pass of one direction: everything the backward pass needs. Shapes as in `sequence`."""

    spec: CellSpec
    x: Array
    rows_input: Array
    rows_recurrent: Array
    rows_masked: Array
    slots: Array
    states: Array
    hidden_size: int

    def state(self, index: int) -> Array:
        """(T + 1, B, H) of one state, without padding."""
        return self.states[:, :, index, : self.hidden_size]

    def slot(self, name: str) -> Array:
        """(T, B, H) of one slot, without padding."""
        return self.slots[:, :, self.spec.slots.index(name), : self.hidden_size]


@dataclass(frozen=True)
class RunGradients:
    """Gradients of one direction, unpadded: parameters by name, input (T, B, I), states (S, T + 1, B, H)."""

    parameters: dict[str, Array]
    input: Array
    states: Array


def _work(spec: CellSpec, x: Array, hidden_size: int) -> float:
    """Floating-point operations of the forward products."""
    steps, batch, inputs = x.shape
    return float(2 * steps * batch * hidden_size * (len(spec.gates) * inputs + len(spec.hidden_gates) * hidden_size))


def infer(spec: CellSpec, parameters: Mapping[str, Array], x: Array, initial: Array | None) -> tuple[Array, Array]:
    """Output (T, B, H) and final states (S, B, H); memory does not grow with T beyond the output."""
    steps, batch, _ = x.shape
    hidden = _hidden_size(spec, parameters)
    step_bytes = batch * len(spec.slots) * width(hidden, x.dtype.name) * x.itemsize
    window = max(1, min(steps, WINDOW_BYTES // step_bytes))
    output = np.empty((steps, batch, hidden), x.dtype)
    done = _forward(spec, parameters, x, initial, window, output)
    last = steps - (steps - 1) // window * window
    return output, done.states[last, :, :, :hidden].swapaxes(0, 1).copy()


def forward(spec: CellSpec, parameters: Mapping[str, Array], x: Array, initial: Array | None) -> Run:
    """Run the whole sequence and keep every slot and state."""
    nothing = np.empty((0, x.shape[1], _hidden_size(spec, parameters)), x.dtype)
    return _forward(spec, parameters, x, initial, x.shape[0], nothing)


def _hidden_size(spec: CellSpec, parameters: Mapping[str, Array]) -> int:
    return int(parameters["weight_ih_l0"].shape[0]) // len(spec.gates)


def _forward(
    spec: CellSpec, parameters: Mapping[str, Array], x: Array, initial: Array | None, window: int, output: Array
) -> Run:
    _, batch, inputs = x.shape
    dtype, hidden = x.dtype.name, output.shape[2]
    padded = width(hidden, dtype)
    slots = aligned((window, batch, len(spec.slots), padded), dtype)
    states = aligned((window + 1, batch, len(spec.states), padded), dtype)
    states[0] = 0
    if initial is not None:
        states[0, :, :, :hidden] = initial.swapaxes(0, 1)
    # A cell without recurrent weights multiplies by a matrix of no columns.
    weight_hh = parameters.get("weight_hh_l0", np.empty((0, hidden), dtype))
    rows_input = gate_rows(spec, parameters["weight_ih_l0"], spec.input_gates, hidden)
    rows_recurrent = gate_rows(spec, weight_hh, spec.recurrent_gates, hidden)
    rows_masked = gate_rows(spec, weight_hh, spec.masked_gates, hidden)
    packed = (pack(rows_input[:, :inputs].T), pack(rows_recurrent[:, :hidden].T), pack(rows_masked[:, :hidden].T))
    bias = slot_bias(spec, parameters, hidden, dtype)

    def share(first: int, last: int) -> None:
        sequence.forward(spec.layout, first, last, x, *packed, bias, slots, states, output)

    run(share, split_rows(batch, _work(spec, x, hidden)))
    return Run(spec, x, rows_input, rows_recurrent, rows_masked, slots, states, hidden)


def backward(done: Run, d_output: Array, d_final: Array | None) -> RunGradients:
    """Gradients of a loss with dL/d output (T, B, H) and dL/d final state (S, B, H)."""
    spec, hidden, dtype = done.spec, done.hidden_size, done.x.dtype.name
    steps, batch, _ = done.x.shape
    d_slots, d_states = aligned(done.slots.shape, dtype), aligned(done.states.shape, dtype)
    d_states[steps] = 0
    if d_final is not None:
        d_states[steps, :, :, :hidden] = d_final.swapaxes(0, 1)
    packed = (pack(done.rows_recurrent), pack(done.rows_masked))
    work = _work(spec, done.x, hidden)

    def through_time(first: int, last: int) -> None:
        sequence.backward(spec.layout, first, last, *packed, done.slots, done.states, d_output, d_slots, d_states)

    run(through_time, split_rows(batch, work))
    return RunGradients(
        _parameter_gradients(done, d_slots, work),
        _input_gradient(done, d_slots, work),
        np.moveaxis(d_states[:, :, :, :hidden], 2, 0),
    )


def _input_gradient(done: Run, d_slots: Array, work: float) -> Array:
    steps, batch, inputs = done.x.shape
    padded, columns = d_slots.shape[3], done.rows_input.shape[1]
    d_x = aligned((steps * batch, columns), done.x.dtype.name)
    d_x[:] = 0
    weights, slot_row, size = pack(done.rows_input), d_slots.shape[2] * padded, d_slots.itemsize
    depth = len(done.spec.input_gates) * padded

    def share(first: int, last: int) -> None:
        product.add_product(
            weights,
            d_slots.ctypes.data + first * slot_row * size,
            slot_row,
            1,
            depth,
            d_x.ctypes.data + first * columns * size,
            columns,
            last - first,
            columns,
        )

    run(share, split_rows(steps * batch, work))
    return d_x[:, :inputs].reshape(steps, batch, inputs)


def _parameter_gradients(done: Run, d_slots: Array, work: float) -> dict[str, Array]:
    spec, hidden, dtype = done.spec, done.hidden_size, done.x.dtype.name
    steps, batch, inputs = done.x.shape
    padded = d_slots.shape[3]
    slot_row = d_slots.shape[2] * padded
    flat, states_flat = d_slots.reshape(-1), done.states.reshape(-1)
    sources = {
        "x": (done.x.reshape(-1), 0, inputs, inputs),
        "h": (states_flat, 0, done.states.shape[2] * padded, hidden),
        "masked": (done.slots.reshape(-1), spec.mask_slot * padded, slot_row, hidden),
    }
    totals = np.zeros(slot_row, dtype)
    product.add_rows(flat, slot_row, steps * batch, totals)
    bias = totals.reshape(len(spec.slots), padded)
    shapes = spec.parameter_shapes(inputs, hidden)
    gradients = {name: np.empty(shape, dtype) for name, shape in shapes.items()}
    runs = (
        ("ih", "x", 0, spec.input_gates),
        ("hh", "h", spec.recurrent_first, spec.recurrent_gates),
        ("hh", "masked", spec.masked_first, spec.masked_gates),
    )
    for kind, source, slot, gates in runs:
        if not gates:
            continue
        values, start, row, columns = sources[source]
        out = aligned((len(gates) * padded, width(columns, dtype)), dtype)
        out[:] = 0

        def share(first: int, last: int, slot=slot, values=values, start=start, row=row, columns=columns, out=out):
            product.add_outer_products(
                flat, slot * padded, slot_row, values, start, row, columns, steps * batch, out, first, last
            )

        run(share, split_rows(out.shape[0], work))
        blocks = out.reshape(len(gates), padded, -1)
        for place, gate in enumerate(gates):
            weight = gradients[f"weight_{kind}_l0"]
            spec.gate_block(weight, gate, hidden)[:] = blocks[place, :hidden, : weight.shape[1]]
            spec.gate_block(gradients[f"bias_{kind}_l0"], gate, hidden)[:] = bias[slot + place, :hidden]
    return gradients
