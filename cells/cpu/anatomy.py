"""The parts of a training step, each on its own and on one thread, to see where the time goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cells.cpu import run
from cells.cpu.arguments import Units
from cells.cpu.kernels import parts as kernels
from cells.cpu.layout import Array, whole_vectors
from cells.cpu.parameter_gradients import multiply, samples_of
from cells.cpu.threads.pool import using_threads
from cells.cpu.weights import Weights
from cells.layer import Layer


@dataclass(frozen=True)
class Part:
    """A part of a training step.

    name: as in rows and labels.
    call: does the part for all steps.
    flops: operations of its products; 0 if it has none.
    """

    name: str
    call: Callable[[], object]
    flops: float


@dataclass(frozen=True)
class Anatomy:
    """A training step in parts, in their order, and the arrays that they work on.

    The arrays are those of a finished forward pass, and gradients that start at zero. Each part reads and changes them,
    so that called one after another the parts compute the sums of a pass in another order than a pass does.
    weight_gradients: (rows, columns in whole vectors) by the parameters' names.
    """

    parts: tuple[Part, ...]
    done: run.Run
    d_units: Units
    d_x: Array
    weight_gradients: dict[str, Array]


def dissect(layer: Layer, x: Array) -> Anatomy:
    """Take apart a training step of a layer of one direction whose cell masks no state, at the input x (T, B, I).

    Raises ValueError for another layer.
    """
    weights = layer.directions[0]
    if not isinstance(weights, Weights):
        raise ValueError(f'parts of a layer with backend "{layer.backend}"; allowed: backend "cpu"')
    spec, cell, hidden = weights.spec, weights.cell, weights.hidden_size
    if spec.masked_gates or layer.bidirectional:
        raise ValueError(f"parts of {spec.name}; allowed: one direction, no masked product")
    steps, batch, inputs = x.shape
    with using_threads(1):
        plan = weights.plan(x)
        done = run.forward(weights, x, None)
        packed = weights.forward(plan.training.panels)
        transposed = weights.backward(plan.training.panels)
    blocking, units = plan.training, done.units
    groups = blocking.groups
    d_units = Units(np.zeros_like(units.slots), np.zeros_like(units.states))
    d_x = np.zeros((steps, batch, whole_vectors(inputs, x.itemsize)), x.dtype)
    products = [
        (slots, samples_of(slots.source, spec, groups, x, units))
        for slots in weights.products
        if len(slots.gates.places)
    ]
    gradients = {}
    for slots, source in products:
        name = "weight_" + slots.kind
        gradients[name] = np.zeros((len(layer.parameters[name]), whole_vectors(source.columns, x.itemsize)), x.dtype)

    def weight_gradients() -> None:
        for slots, source in products:
            whole = np.array([(0, len(slots.gates.places) * hidden, 0, 1)], np.int64)
            multiply(whole, groups, d_units.slots, slots.gates, source, gradients["weight_" + slots.kind])

    one_gate = 2.0 * steps * batch * hidden
    from_input = one_gate * inputs * len(spec.input_gates)
    from_state = one_gate * hidden * len(spec.recurrent_gates)
    parts = (
        Part("input_product", lambda: kernels.input_products(cell, blocking, packed, x, units), from_input),
        Part("recurrent_product", lambda: kernels.recurrent_products(cell, blocking, packed, units), from_state),
        Part("point_wise", lambda: kernels.forward_formula(cell, blocking, units), 0.0),
        Part("point_wise_backward", lambda: kernels.backward_formula(cell, blocking, units, d_units), 0.0),
        Part(
            "recurrent_backward", lambda: kernels.recurrent_gradients(cell, blocking, transposed, d_units), from_state
        ),
        Part("input_gradient", lambda: kernels.input_gradients(cell, blocking, transposed, d_units, d_x), from_input),
        Part("weight_gradient", weight_gradients, from_input + from_state),
    )
    return Anatomy(parts, done, d_units, d_x, gradients)
