"""The same cells in plain NumPy and float64: what every kernel is checked against before its time counts.

It shares the cells' formulas and nothing else with the kernels: no compilation, no packing, no tile, no padding,
no threads. A formula that is wrong here is caught by the tests, which compare with PyTorch and with equations
written a second time; a kernel that is wrong is caught here, at the shape that is about to be timed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cells.arrays import as_floats
from cells.bidirectional import SUFFIXES, in_order, merge_outputs, split_gradient
from cells.registry import find_cell
from cells.spec import CellSpec, Product

Array = NDArray[np.float64]
ALL = slice(None)  # the unit index of an adapter: here all units at once


@dataclass(frozen=True)
class ReferenceResult:
    """Output (T, B, H) and final states, and with a d_output the gradients of parameters, input and initial states.

    All are float64. States by name: (B, H), or (2, B, H) for two directions.
    """

    output: Array
    parameters: dict[str, Array]
    input: Array | None
    final: dict[str, Array] = field(default_factory=dict)
    initial: dict[str, Array] = field(default_factory=dict)
    states: dict[str, Array] = field(default_factory=dict)
    """The total dL/ds of each state at every step, (T + 1, B, H), in the order of the direction."""


def reference(
    cell: str,
    parameters: Mapping[str, Any],
    x: Any,
    d_output: Any = None,
    merge: str | None = None,
    *,
    initial: Mapping[str, Any] | None = None,
    d_final: Mapping[str, Any] | None = None,
) -> ReferenceResult:
    """Run a layer with these parameters (PyTorch's names) on x (T, B, I).

    `d_output` is dL/d output; without it only the output is computed. `merge` as in `Layer(bidirectional=...)`.
    `initial` and `d_final`, the states to start from and dL/d final states, are zero where they are not given.
    """
    spec = find_cell(cell)
    x = _float64("x", x)
    suffixes = SUFFIXES if merge else SUFFIXES[:1]
    runs = []
    for d, suffix in enumerate(suffixes):
        own = {name: _float64(name + suffix, parameters[name + suffix]) for name in _names(spec, x)}
        x_d = in_order(x, d)
        runs.append((own, x_d, *_forward(spec, own, x_d, _of_direction(spec, initial, d, merge))))
    output = merge_outputs([in_order(states[1:, 0], d) for d, (*_, states) in enumerate(runs)], merge)
    final = _by_name(spec, [states[-1] for *_, states in runs], merge)
    if d_output is None:
        return ReferenceResult(output, {}, None, final)
    gradients: dict[str, Array] = {}
    d_input = np.zeros_like(x)
    d_states = []
    parts = split_gradient(_float64("d_output", d_output), merge)
    for d, ((own, x_d, slots, states), part) in enumerate(zip(runs, parts, strict=True)):
        d_last = _of_direction(spec, d_final, d, merge)
        found, d_x, d_each = _backward(spec, own, x_d, slots, states, in_order(part, d), d_last)
        gradients.update({name + suffixes[d]: value for name, value in found.items()})
        d_input += in_order(d_x, d)
        d_states.append(d_each)
    initials = _by_name(spec, [each[0] for each in d_states], merge)
    totals = _by_name(spec, [each.swapaxes(0, 1) for each in d_states], merge)
    return ReferenceResult(output, gradients, d_input, final, initials, totals)


def _float64(what: str, given: Any) -> Array:
    """Return what was given in float64; errors as `cells.arrays.as_floats`."""
    return np.asarray(as_floats(what, given), np.float64)


def _of_direction(spec: CellSpec, given: Mapping[str, Any] | None, direction: int, merge: str | None) -> Any:
    """(S, B, H) of one direction, or zero for all."""
    if given is None:
        return 0.0
    arrays = [_float64(name, given[name]) for name in spec.states]
    return np.stack([array if merge is None else array[direction] for array in arrays])


def _by_name(spec: CellSpec, of_directions: Sequence[Array], merge: str | None) -> dict[str, Array]:
    """States by name from (S, B, H) of each direction."""
    parts = {name: [each[s] for each in of_directions] for s, name in enumerate(spec.states)}
    return {name: each[0] if merge is None else np.stack(each) for name, each in parts.items()}


def _names(spec: CellSpec, x: Array) -> tuple[str, ...]:
    return tuple(spec.parameter_shapes(x.shape[2], 1))


def _blocks(spec: CellSpec, parameters: Mapping[str, Array], product: Product) -> Iterator[tuple[int, Array, Array]]:
    """Yield (slot, weight, bias) of each gate of a product: views (H, I) or (H, H), and (H,), of the parameters."""
    hidden = parameters["weight_ih_l0"].shape[0] // len(spec.gates)
    for slot, gate in enumerate(product.gates, product.first):
        weight = spec.gate_block(parameters[f"weight_{product.kind}_l0"], gate, hidden)
        bias = spec.gate_block(parameters[f"bias_{product.kind}_l0"], gate, hidden)
        yield slot, weight, bias


def _forward(spec: CellSpec, parameters: Mapping[str, Array], x: Array, initial: Any) -> tuple[Array, Array]:
    """Return slots (T, P, B, H) and states (T + 1, S, B, H) of one direction; x (T, B, I) in its order."""
    steps, batch, _ = x.shape
    hidden = parameters["weight_ih_l0"].shape[0] // len(spec.gates)
    slots = np.zeros((steps, len(spec.slots), batch, hidden))
    states = np.zeros((steps + 1, len(spec.states), batch, hidden))
    states[0] = initial
    for t in range(steps):
        sources = {"input": x[t], "state": states[t, 0], "masked": slots[t, spec.mask_slot]}
        for product in spec.products:
            if product.source == "masked" and spec.mask is not None:
                spec.mask(None, ALL, slots[t], states[t])
            for slot, weight, bias in _blocks(spec, parameters, product):
                slots[t, slot] += sources[product.source] @ weight.T + bias
        spec.forward(None, ALL, slots[t], states[t], states[t + 1])
    return slots, states


def _backward(
    spec: CellSpec,
    parameters: Mapping[str, Array],
    x: Array,
    slots: Array,
    states: Array,
    d_output: Array,
    d_final: Any,
) -> tuple[dict[str, Array], Array, Array]:
    """Return dL/d parameters by name, dL/dx (T, B, I) and dL/d states (T + 1, S, B, H) of one direction."""
    steps = len(x)
    d_states = np.zeros_like(states)
    d_slots = np.zeros_like(slots)
    d_x = np.zeros_like(x)
    d_states[-1] = d_final
    gradients = {name: np.zeros_like(value) for name, value in parameters.items()}
    for t in reversed(range(steps)):
        d_states[t + 1, 0] += d_output[t]
        spec.backward(None, ALL, slots[t], states[t], states[t + 1], d_slots[t], d_states[t + 1], d_states[t])
        sources = {"input": x[t], "state": states[t, 0], "masked": slots[t, spec.mask_slot]}
        targets = {"input": d_x[t], "state": d_states[t, 0], "masked": d_slots[t, spec.mask_slot]}
        for product in reversed(spec.products):
            source, target = sources[product.source], targets[product.source]
            blocks = zip(_blocks(spec, parameters, product), _blocks(spec, gradients, product), strict=True)
            for (slot, weight, _), (_, d_weight, d_bias) in blocks:
                d_slot = d_slots[t, slot]
                target += d_slot @ weight
                d_weight += d_slot.T @ source
                d_bias += d_slot.sum(0)
            if product.source == "masked" and spec.mask_backward is not None:
                spec.mask_backward(None, ALL, slots[t], states[t], d_slots[t], d_states[t])
    return gradients, d_x, d_states
