"""The parts of a training step, each on its own and on one thread, to see where the time goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cells.cpu import run
from cells.cpu.kernels.pack import width
from cells.cpu.kernels.step import add_products, address, input_gradients, input_products, sum_products
from cells.cpu.kernels.units import backward_units, forward_units
from cells.cpu.kernels.weight_gradient import multiply
from cells.cpu.threads.pool import using_threads
from cells.kernel_cache import kernel
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
    weights: Any = layer.directions[0]
    spec, layout, hidden = weights.spec, weights.layout, weights.hidden_size
    if spec.masked_gates or layer.bidirectional:
        raise ValueError(f"parts of {spec.name}; allowed: one direction, no masked product")
    steps, batch, inputs = x.shape
    with using_threads(1):
        plan = weights.plan(x)
        panels, group = plan.panels, plan.groups.together
        done = run.forward(weights, x, None)
        w_input, w_recurrent, _, bias = weights.packed(panels)
        back_input, back_recurrent, _ = weights.packed_back(panels)
    slots, states = done.slots, done.states
    d_slots, d_states = np.zeros_like(slots), np.zeros_like(states)
    d_x = np.zeros((steps, batch, width(inputs, x.itemsize)), x.dtype)
    shape = (batch, group, hidden, width(hidden, x.itemsize))

    def weight_gradients() -> None:
        of_step = slots.shape[2]
        sources = (
            (x.ravel(), group * inputs, batch * inputs, inputs, inputs),
            (states[0].ravel(), states.shape[1] // plan.groups.count * of_step, of_step, of_step // group, hidden),
        )
        for run_of, source in zip(weights.runs, sources, strict=False):
            if not len(run_of.places):
                continue
            rows = len(run_of.places) * hidden
            height = layer.parameters["weight_" + run_of.kind].shape[0]
            out = np.zeros((height, width(source[-1], x.itemsize)), x.dtype)
            whole = np.array([(0, rows, 0, 1)], np.int64)
            multiply(whole, d_slots, run_of, hidden, source, (steps, batch, group), out)

    one = 2.0 * steps * batch * hidden
    from_input, from_state = one * inputs * len(spec.input_gates), one * hidden * len(spec.recurrent_gates)
    back = (d_states, d_slots, shape)
    return [
        Part(
            "input_product", lambda: _input(layout, x, group, plan.block, w_input, bias, slots, panels.tall), from_input
        ),
        Part(
            "recurrent_product",
            lambda: _recurrent(layout, w_recurrent, panels.recurrent, panels.beside, steps, states, slots, shape),
            from_state,
        ),
        Part("point_wise", lambda: _forward(layout, steps, batch, group, slots, states), 0.0),
        Part("point_wise_backward", lambda: _backward(layout, steps, batch, group, slots, states, *back[:2]), 0.0),
        Part(
            "recurrent_backward",
            lambda: _recurrent_back(layout, back_recurrent, panels.back, panels.beside, steps, *back),
            from_state,
        ),
        Part(
            "input_gradient",
            lambda: _input_back(layout, batch, group, d_slots, plan.block, back_input, hidden, d_x),
            from_input,
        ),
        Part("weight_gradient", weight_gradients, from_input + from_state),
    ]


@kernel
def _input(cell, x, group, block, w_input, bias, slots, panel):
    steps, batch, _ = x.shape
    groups = (batch + group - 1) // group
    for start in range(0, steps, block):
        for c in range(groups):
            count, rows, at = min(block, steps - start), min(group, batch - c * group), c * slots.shape[1] // groups
            input_products(cell, c, rows, group, x, start, count, w_input, bias, slots, at + start, panel, (0, 1, 0))


@kernel
def _recurrent(cell, w, panel, beside, steps, states, slots, shape):
    rows, group, _, _ = shape
    groups, width = (rows + group - 1) // group, slots.shape[2] // group
    for t in range(steps):
        source = (address(states, 0, t), width, states.shape[1] // groups * states.shape[2])
        total = (address(slots, cell.recurrent_first, t), width, slots.shape[1] // groups * slots.shape[2])
        add_products(slots, w, cell.recurrent, panel, beside, source, total, shape, (0, 1, t % 2))


@kernel
def _recurrent_back(cell, w, panel, beside, steps, d_states, d_slots, shape):
    rows, group, _, _ = shape
    groups, width = (rows + group - 1) // group, d_slots.shape[2] // group
    for t in range(steps):
        source = (address(d_slots, cell.recurrent_first, t), width, d_slots.shape[1] // groups * d_slots.shape[2])
        total = (address(d_states, 0, t), width, d_states.shape[1] // groups * d_states.shape[2])
        sum_products(d_slots, w, cell.recurrent, panel, beside, source, total, shape, (0, 1, t % 2))


@kernel
def _input_back(cell, batch, group, d_slots, block, w_input, hidden, d_x):
    groups = (batch + group - 1) // group
    for start in range(0, d_x.shape[0], block):
        for c in range(groups):
            count, rows, at = (
                min(block, d_x.shape[0] - start),
                min(group, batch - c * group),
                c * d_slots.shape[1] // groups,
            )
            input_gradients(cell, c, rows, group, d_slots, at + start, start, count, w_input, hidden, d_x)


@kernel
def _forward(cell, steps, batch, group, slots, states):
    groups = (batch + group - 1) // group
    for t in range(steps):
        for c in range(groups):
            at, before = c * slots.shape[1] // groups + t, c * states.shape[1] // groups + t
            forward_units(cell, slots, states, at, before, 0, min(group, batch - c * group) * slots.shape[2] // group)


@kernel
def _backward(cell, steps, batch, group, slots, states, d_states, d_slots):
    groups = (batch + group - 1) // group
    for t in range(steps - 1, -1, -1):
        for c in range(groups):
            at, before = c * slots.shape[1] // groups + t, c * states.shape[1] // groups + t
            end = min(group, batch - c * group) * slots.shape[2] // group
            backward_units(cell, slots, states, d_slots, d_states, at, before, 0, end)
