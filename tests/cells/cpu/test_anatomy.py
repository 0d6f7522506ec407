"""The parts of a training step compute what a pass computes, and the peak counts the operations that it does."""

from __future__ import annotations

import numpy as np
import pytest

from cells.cpu import peak
from cells.cpu.anatomy import dissect
from cells.cpu.kernels.peak import SUMS
from cells.cpu.target import target
from cells.registry import distinct_cells, find_cell
from tests.support.layers import EVERY_DTYPE, layer_of, sequence
from tests.support.problem import Stream

# (T, B, I, H): a single row, several groups of rows with a short one, more steps than a block takes together
SHAPES = [(6, 1, 3, 40), (5, 21, 8, 33), (300, 1, 5, 17)]
CELLS = [name for name in distinct_cells() if not find_cell(name).masked_gates]
EXACT = {"float32": 2.0**-8, "float64": 2.0**-20}  # a power of two: every sum of a few of its squares is exact


def parts_of(layer, x):
    anatomy = dissect(layer, x)
    return anatomy, {part.name: part.call for part in anatomy.parts}


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("dtype", ["float64", pytest.param("float32", marks=pytest.mark.slow)])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_forward_parts_make_the_gates_and_states_of_a_pass(cell, dtype, shape):
    """All states are there already, so that the products of all steps may come before the formulas of all steps."""
    T, B, inputs, H = shape
    layer, x = layer_of(cell, inputs=inputs, hidden=H, dtype=dtype), sequence(T, B, inputs, dtype)
    trace = layer.forward(x)
    anatomy, call = parts_of(layer, x)
    spec = layer.spec
    start = np.zeros((len(spec.slots), B, H), dtype)
    for slot in range(len(spec.input_gates), len(spec.slots)):  # no input: they start from their bias, in every pass
        gate = spec.recurrent_gates[slot - spec.recurrent_first]
        start[slot] = spec.gate_block(layer.parameters["bias_hh_l0"], gate, H)
    for t in range(T):
        anatomy.done.groups.set_step(anatomy.done.units.slots, t, start)
    call["input_product"]()
    call["recurrent_product"]()
    call["point_wise"]()
    for name, expected in trace.gates.items():
        np.testing.assert_array_equal(anatomy.done.slot(name), expected, err_msg=name)
    for index, name in enumerate(layer.spec.states):
        np.testing.assert_array_equal(anatomy.done.state(index), trace.states[name], err_msg=name)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("dtype", ["float64", pytest.param("float32", marks=pytest.mark.slow)])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_backward_parts_make_the_gradients_of_a_pass(cell, dtype, shape):
    """With no recurrent weights a step sends nothing back through its product, and the formulas need not wait."""
    T, B, inputs, H = shape
    layer, x = layer_of(cell, inputs=inputs, hidden=H, dtype=dtype), sequence(T, B, inputs, dtype)
    weights = {name: np.zeros_like(a) if name == "weight_hh_l0" else a for name, a in layer.parameters.items()}
    layer.load_parameters(weights)
    d_final = Stream("d_final").uniform(1.0, B, H).astype(dtype)
    finals = {name: d_final if name == "h" else np.zeros_like(d_final) for name in layer.spec.states}
    gradients = layer.forward(x).backward(np.zeros((T, B, H), dtype), finals)
    anatomy, call = parts_of(layer, x)
    values = np.stack([finals[name] for name in layer.spec.states])
    anatomy.done.groups.set_step(anatomy.d_units.states, T, values)
    for name in ("point_wise_backward", "recurrent_backward", "input_gradient", "weight_gradient"):
        call[name]()
    np.testing.assert_array_equal(anatomy.d_x[..., :inputs], gradients.input)
    for name, found in anatomy.weight_gradients.items():
        expected = gradients.parameters[name]
        np.testing.assert_array_equal(found[:, : expected.shape[1]], expected, err_msg=name)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_recurrent_part_sends_back_what_the_slots_say(shape):
    T, B, inputs, H = shape
    layer, x = layer_of("lstm", inputs=inputs, hidden=H), sequence(T, B, inputs)
    anatomy, call = parts_of(layer, x)
    groups, d_slots = anatomy.done.groups, Stream("d_slots").uniform(1.0, T, 4, B, H)
    for t in range(T):
        groups.set_step(anatomy.d_units.slots, t, d_slots[t])
    call["recurrent_backward"]()
    gates = layer.spec.slots[layer.spec.recurrent_first :][: len(layer.spec.recurrent_gates)]
    weight = layer.parameters["weight_hh_l0"].reshape(4, H, H)
    order = [layer.spec.gates.index(gate) for gate in gates]
    expected = np.einsum("tgbm,gmn->tbn", d_slots, weight[order])
    np.testing.assert_allclose(groups.unpadded(anatomy.d_units.states[:1], T)[0], expected, rtol=0, atol=1e-12)


def test_operations_of_the_parts_add_up_to_those_of_the_products():
    T, B, inputs, H = 7, 3, 5, 11
    layer = layer_of("lstm", inputs=inputs, hidden=H)
    anatomy, _ = parts_of(layer, sequence(T, B, inputs))
    forward = 2 * T * B * 4 * H * (inputs + H)
    assert sum(part.flops for part in anatomy.parts) == 3 * forward  # forward, dL/dx and dL/dh, dL/dW


@pytest.mark.parametrize("wrong", [("gru-reset-before", None), ("lstm", "concat")])
def test_a_layer_that_has_other_parts_is_refused(wrong):
    with pytest.raises(ValueError, match="one direction, no masked product"):
        dissect(layer_of(*wrong), sequence(2, 1))


@EVERY_DTYPE
@pytest.mark.parametrize("threads", [1, 2])
def test_the_peak_does_the_operations_that_it_counts(dtype, threads):
    """Sum i starts at i and gets factor^2 so many times: the sum of all sums says how many additions there were."""
    count, factor = 1000, EXACT[dtype]
    sums = (peak.add(dtype, threads, count, factor).astype(np.float64) - SUMS * (SUMS - 1) / 2) / factor**2
    np.testing.assert_array_equal(sums, np.full(threads, count * SUMS))
    lanes = target().lanes(np.dtype(dtype).itemsize)
    assert peak.operations(dtype, threads, count) == 2 * count * SUMS * lanes * threads
