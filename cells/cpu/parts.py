"""The parts of a training step, each on its own and on one thread, to see where the time goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cells.cpu import run
from cells.cpu.cache import kernel
from cells.cpu.gradient import multiply
from cells.cpu.pack import stride, width
from cells.cpu.sequence import (
    add_products,
    address,
    backward_units,
    forward_units,
    input_gradients,
    input_products,
    sum_products,
)
from cells.cpu.threads import using_threads
from cells.layer import Layer

Array = NDArray[Any]


@dataclass(frozen=True)
class Part:
    """`call` does the part for all steps; its products take `flops` operations (0: it has none)."""

    name: str
    call: Callable[[], object]
    flops: float


def parts(layer: Layer, x: Array, d_output: Array) -> list[Part]:
    """Parts of a pass forward and back of a layer of one direction whose cell masks no state, in their order.

    They work on arrays of a finished pass and change them: what they compute there is of no use, what they cost is.
    """
    weights = layer.directions[0]
    spec, layout, hidden = weights.spec, weights.layout, weights.hidden_size
    if spec.masked_gates or layer.bidirectional:
        raise ValueError(f"parts of {spec.name}; allowed: one direction, no masked product")
    steps, batch, inputs = x.shape
    with using_threads(1):
        plan = weights.plan(x)
        panels = plan.panels
        done = run.forward(weights, x, None)
        w_input, w_recurrent, _, bias = weights.packed(panels)
        back_input, back_recurrent, _ = weights.packed_back(panels)
    slots, states = done.slots, done.states
    d_slots, d_states = np.zeros_like(slots), np.zeros_like(states)
    d_x = np.zeros((steps, batch, width(inputs, x.itemsize)), x.dtype)
    columns = width(hidden, x.itemsize)
    flat = d_slots.reshape(len(d_slots), -1, stride(hidden, x.itemsize))

    def weight_gradients() -> None:
        sources = ((x.ravel(), inputs, inputs), (states[0].ravel(), flat.shape[2], hidden))
        for run_of, (values, row, count) in zip(weights.runs, sources, strict=False):
            rows = len(run_of.places) * hidden
            out = np.zeros((layer.parameters["weight_" + run_of.kind].shape[0], width(count, x.itemsize)), x.dtype)
            whole = np.array([(0, rows, 0, 1)], np.int64)
            multiply(whole, flat, run_of.first, run_of.places, hidden, values, row, count, out)

    one = 2.0 * steps * batch * hidden
    from_input, from_state = one * inputs * len(spec.input_gates), one * hidden * len(spec.recurrent_gates)
    return [
        Part("input_product", lambda: _input(layout, x, plan.block, w_input, bias, slots, panels.tall), from_input),
        Part(
            "recurrent_product",
            lambda: _recurrent(
                layout, w_recurrent, panels.recurrent, panels.beside, hidden, columns, states, slots, batch
            ),
            from_state,
        ),
        Part("point_wise", lambda: _forward(layout, slots, states), 0.0),
        Part("point_wise_backward", lambda: _backward(layout, slots, states, d_slots, d_states), 0.0),
        Part(
            "recurrent_backward",
            lambda: _recurrent_back(
                layout, back_recurrent, panels.back, panels.beside, hidden, columns, d_states, d_slots, batch
            ),
            from_state,
        ),
        Part(
            "input_gradient",
            lambda: _input_back(layout, batch, d_slots, plan.block, back_input, hidden, d_x),
            from_input,
        ),
        Part("weight_gradient", weight_gradients, from_input + from_state),
    ]


@kernel
def _input(cell, x, block, w_input, bias, slots, panel):
    for start in range(0, x.shape[0], block):
        count = min(block, x.shape[0] - start)
        input_products(cell, 0, x.shape[1], x, start, count, w_input, bias, slots, start, panel, 0, 1)


@kernel
def _recurrent(cell, w, panel, beside, hidden, columns, states, slots, batch):
    width = slots.shape[2] // batch
    for t in range(slots.shape[1]):
        source, total = address(states, 0, t, 0), address(slots, cell.recurrent_first, t, 0)
        add_products(
            slots, w, cell.recurrent, panel, beside, (source, total, width, batch, hidden, columns, 0, 1, t % 2)
        )


@kernel
def _recurrent_back(cell, w, panel, beside, hidden, columns, d_states, d_slots, batch):
    width = d_slots.shape[2] // batch
    for t in range(d_slots.shape[1]):
        source, total = address(d_slots, cell.recurrent_first, t, 0), address(d_states, 0, t, 0)
        sum_products(
            d_slots, w, cell.recurrent, panel, beside, (source, total, width, batch, hidden, columns, 0, 1, t % 2)
        )


@kernel
def _input_back(cell, batch, d_slots, block, w_input, hidden, d_x):
    for start in range(0, d_x.shape[0], block):
        count = min(block, d_x.shape[0] - start)
        input_gradients(cell, 0, batch, d_slots, start, count, w_input, hidden, d_x)


@kernel
def _forward(cell, slots, states):
    for t in range(slots.shape[1]):
        forward_units(cell, slots, states, t, 0, slots.shape[2])


@kernel
def _backward(cell, slots, states, d_slots, d_states):
    for t in range(slots.shape[1] - 1, -1, -1):
        backward_units(cell, slots, states, d_slots, d_states, t, 0, slots.shape[2])
