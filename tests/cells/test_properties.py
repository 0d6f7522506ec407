"""What must hold for every cell, whatever its equations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.layers import (
    EVERY_CELL,
    EVERY_DTYPE,
    EVERY_MERGE,
    ROUNDING,
    each_of,
    layer_of,
    sequence,
    start_for,
    there_and_back,
)
from tests.support.oracle import STACK
from tests.support.problem import Stream

TWO = ("concat", "mean", "sum")
examples = settings(max_examples=15, deadline=None, derandomize=True, database=None)
sizes = st.tuples(*(st.integers(1, top) for top in (9, 9, 20, 6)))  # T, B, H, I


@EVERY_CELL
@EVERY_MERGE
@examples
@given(sizes=sizes)
def test_output_states_gates_and_gradients_have_the_shapes_of_the_contract(cell, merge, sizes):
    T, B, H, inputs = sizes
    layer = layer_of(cell, merge, inputs=inputs, hidden=H)
    trace = layer.forward(sequence(T, B, inputs))
    grads = trace.backward(np.ones_like(trace.output))
    two = () if merge is None else (2,)
    assert trace.output.shape == (T, B, 2 * H if merge == "concat" else H)
    assert {a.shape for a in trace.states.values()} == {(*two, T + 1, B, H)}
    assert {a.shape for a in trace.gates.values()} <= {(*two, T, B, H)}
    assert {n: a.shape for n, a in grads.parameters.items()} == {n: a.shape for n, a in layer.parameters.items()}
    assert grads.input.shape == (T, B, inputs)
    assert {n: a.shape for n, a in grads.initial.items()} == dict.fromkeys(trace.states, (*two, B, H))
    assert {n: a.shape for n, a in grads.states.items()} == {n: a.shape for n, a in trace.states.items()}
    output, final = layer(sequence(T, B, inputs))
    assert output.shape == trace.output.shape
    assert {n: a.shape for n, a in final.items()} == dict.fromkeys(trace.states, (*two, B, H))


@pytest.mark.parametrize(("cell", "states", "gates"), [("rnn", "h", ""), ("lstm", "hc", "ifgo"), ("gru", "h", "rzn")])
def test_states_and_gates_have_the_names_of_the_equations(cell, states, gates):
    trace = layer_of(cell).forward(sequence(2, 2))
    assert set(trace.states) == set(states)
    assert set(gates) <= set(trace.gates)


@EVERY_CELL
@EVERY_MERGE
@EVERY_DTYPE
def test_every_array_has_the_dtype_of_the_layer(cell, merge, dtype):
    layer = layer_of(cell, merge, dtype=dtype)
    x = sequence(4, 3, dtype=dtype)
    everything = there_and_back(layer, x) | {f"parameters.{n}": a for n, a in layer.parameters.items()}
    output, final = layer(x)
    everything |= {"inference": output} | {f"final.{n}": a for n, a in final.items()}
    assert {name: a.dtype.name for name, a in everything.items()} == dict.fromkeys(everything, dtype)


@EVERY_CELL
@EVERY_MERGE
@EVERY_DTYPE
@examples
@given(sizes=sizes)
def test_inference_gives_the_output_and_last_state_of_the_forward_pass(cell, merge, dtype, sizes):
    T, B, H, inputs = sizes
    layer = layer_of(cell, merge, inputs=inputs, hidden=H, dtype=dtype)
    x = sequence(T, B, inputs, dtype)
    output, final = layer(x)
    trace = layer.forward(x)
    np.testing.assert_array_equal(output, trace.output)
    for name, a in final.items():
        np.testing.assert_array_equal(a, trace.states[name][..., -1, :, :])


@EVERY_CELL
@EVERY_DTYPE
@pytest.mark.parametrize("shape", [(37, 17, 33, 7), (300, 17, 64, 3), (3, 500, 64, 2), (2000, 1, 16, 1)])
@pytest.mark.parametrize("merge", [None, "concat"])
def test_long_and_wide_inference_gives_the_output_of_the_forward_pass(cell, merge, dtype, shape):
    """Inference keeps less, and so may run in pieces."""
    T, B, H, inputs = shape
    layer, whole = layer_of(cell, merge, inputs=inputs, hidden=H, dtype=dtype), sequence(T, B, inputs, dtype)
    for seq_len in (T, T - 1, T // 2 + 1, T // 3 + 1):
        x = whole[:seq_len]
        output, final = layer(x)
        trace = layer.forward(x)
        np.testing.assert_array_equal(output, trace.output)
        for name, a in final.items():
            np.testing.assert_array_equal(a, trace.states[name][..., -1, :, :])


@EVERY_CELL
@examples
@given(sizes=sizes)
def test_output_is_the_hidden_state(cell, sizes):
    T, B, H, inputs = sizes
    trace = layer_of(cell, inputs=inputs, hidden=H).forward(sequence(T, B, inputs))
    np.testing.assert_array_equal(trace.output, trace.states["h"][1:])


@EVERY_CELL
@EVERY_MERGE
@examples
@given(sizes=sizes, data=st.data())
def test_permuting_the_batch_permutes_the_output(cell, merge, sizes, data):
    T, B, H, inputs = sizes
    order = np.array(data.draw(st.permutations(range(B))))
    layer, x = layer_of(cell, merge, inputs=inputs, hidden=H), sequence(T, B, inputs)
    np.testing.assert_allclose(
        layer.forward(x[:, order]).output, layer.forward(x).output[:, order], rtol=0, atol=ROUNDING
    )


@EVERY_CELL
@EVERY_MERGE
def test_rows_of_a_batch_never_meet(cell, merge):
    layer, x = layer_of(cell, merge, hidden=33), sequence(7, 17)
    together = there_and_back(layer, x)
    for row in (0, 7, 8, 16):
        alone = layer.forward(np.ascontiguousarray(x[:, row : row + 1]))
        np.testing.assert_allclose(alone.output[:, 0], together["output"][:, row], rtol=0, atol=ROUNDING)
        d_output = Stream("d_output").uniform(1.0, *together["output"].shape)[:, row : row + 1]
        d_final = start_for(layer.forward(x), "d_final")
        grads = alone.backward(d_output, d_final={n: a[..., row : row + 1, :] for n, a in d_final.items()})
        np.testing.assert_allclose(grads.input[:, 0], together["d_input"][:, row], rtol=0, atol=ROUNDING)


@EVERY_CELL
@examples
@given(sizes=sizes, later=st.integers(1, 9))
def test_a_sequence_in_two_parts_with_the_carried_state_is_the_whole(cell, sizes, later):
    T, B, H, inputs = sizes
    layer, x = layer_of(cell, inputs=inputs, hidden=H), sequence(T + later, B, inputs)
    whole = layer.forward(x)
    first = layer.forward(x[:T])
    second = layer.forward(x[T:], initial={n: a[-1] for n, a in first.states.items()})
    np.testing.assert_allclose(np.concatenate([first.output, second.output]), whole.output, rtol=0, atol=ROUNDING)
    d_output = Stream("parts").uniform(1.0, *whole.output.shape)
    d_whole, d_second = whole.backward(d_output), second.backward(d_output[T:])
    d_first = first.backward(d_output[:T], d_final=d_second.initial)
    np.testing.assert_allclose(np.concatenate([d_first.input, d_second.input]), d_whole.input, rtol=0, atol=ROUNDING)
    for name, a in d_whole.parameters.items():
        both = d_first.parameters[name] + d_second.parameters[name]
        np.testing.assert_allclose(both, a, rtol=0, atol=ROUNDING * max(1.0, np.max(np.abs(a))))


@EVERY_CELL
def test_a_single_direction_sees_the_past_only(cell):
    layer, x = layer_of(cell), sequence(6, 2)
    changed = x.copy()
    changed[4:] += 1.0
    np.testing.assert_array_equal(layer.forward(x).output[:4], layer.forward(changed).output[:4])
    trace = layer.forward(x)
    d_output = np.zeros_like(trace.output)
    d_output[3] = 1.0
    assert not trace.backward(d_output).input[4:].any()


@EVERY_DTYPE
def test_saturated_gates_keep_the_cell_state(dtype):
    """b_f = 20, b_i = -20, and |W x + U h| < 4 here: 1 - f and i stay below exp(-16), so c moves by 37 times that."""
    layer = layer_of("lstm", dtype=dtype)
    parameters = {name: np.array(a) for name, a in layer.parameters.items()}
    for gate, value in ((0, -20.0), (1, 20.0)):
        parameters["bias_ih_l0"][gate * 5 : (gate + 1) * 5] = value
    layer.load_parameters(parameters)
    x = sequence(37, 2, dtype=dtype)
    start = start_for(layer.forward(x))
    trace = layer.forward(x, initial=start)
    np.testing.assert_allclose(
        trace.states["c"][-1], start["c"], rtol=0, atol={"float64": 2e-6, "float32": 5e-6}[dtype]
    )


def reverse_and_forward_swapped(parameters):
    swapped = {n.replace("_l0", "_l0_reverse"): a for n, a in parameters.items() if not n.endswith("_reverse")}
    return swapped | {n.removesuffix("_reverse"): a for n, a in parameters.items() if n.endswith("_reverse")}


@EVERY_CELL
def test_reversed_input_swaps_the_halves(cell):
    layer, x = layer_of(cell, "concat"), sequence(6, 3)
    before = layer.forward(x).output
    layer.load_parameters(reverse_and_forward_swapped({n: np.array(a) for n, a in layer.parameters.items()}))
    after = layer.forward(x[::-1]).output[::-1]
    np.testing.assert_allclose(after[..., :5], before[..., 5:], rtol=0, atol=ROUNDING)
    np.testing.assert_allclose(after[..., 5:], before[..., :5], rtol=0, atol=ROUNDING)


@EVERY_CELL
@pytest.mark.parametrize("merge", TWO)
def test_each_direction_is_a_layer_of_its_own(cell, merge):
    both, alone, x = layer_of(cell, merge), layer_of(cell), sequence(6, 3)
    trace = both.forward(x)
    halves = []
    for direction, suffix in enumerate(("_l0", "_l0_reverse")):
        parameters = {n: a for n, a in both.parameters.items() if n.endswith(suffix)}
        alone.load_parameters({n.removesuffix("_reverse"): a for n, a in parameters.items()})
        single = alone.forward(x if direction == 0 else np.ascontiguousarray(x[::-1]))
        for group in ("states", "gates"):
            for name, a in getattr(single, group).items():
                np.testing.assert_allclose(getattr(trace, group)[name][direction], a, rtol=0, atol=ROUNDING)
        halves.append(single.output if direction == 0 else single.output[::-1])
    merged = {"concat": np.concatenate(halves, -1), "sum": sum(halves), "mean": sum(halves) / 2.0}
    np.testing.assert_allclose(trace.output, merged[merge], rtol=0, atol=ROUNDING)


@EVERY_CELL
@EVERY_MERGE
def test_no_gradient_in_gives_no_gradient_out(cell, merge):
    trace = layer_of(cell, merge).forward(sequence(5, 3))
    grads = trace.backward(np.zeros_like(trace.output))
    for a in (grads.input, *grads.parameters.values(), *grads.initial.values(), *grads.states.values()):
        assert not np.any(a)


@each_of(STACK)
@EVERY_DTYPE
@pytest.mark.parametrize("scale", [1e2, 1e4, 1e30])
def test_huge_inputs_saturate_and_stay_finite(cell, dtype, scale):
    """Every state here is a mean or product of values of tanh, or for c a sum of T of them."""
    everything = there_and_back(
        layer_of(cell, dtype=dtype, hidden=33), sequence(6, 5, dtype=dtype) * np.dtype(dtype).type(scale)
    )
    for name, a in everything.items():
        assert np.all(np.isfinite(a)), name
    assert np.max(np.abs(everything["output"])) <= 1.0
    for gate in set("ifozr") & {name.removeprefix("gates.") for name in everything}:
        assert everything[f"gates.{gate}"].min() >= 0.0
        assert everything[f"gates.{gate}"].max() <= 1.0


@EVERY_DTYPE
def test_gates_take_the_lectures_values(dtype):
    """sigmoid(5, .1, -.5) and tanh of the same, through the gates of an LSTM whose weights are zero."""
    layer = layer_of("lstm", inputs=1, hidden=3, dtype=dtype)
    parameters = {n: np.zeros_like(a) for n, a in layer.parameters.items()}
    parameters["bias_ih_l0"] = np.tile([5.0, 0.1, -0.5], 4)
    layer.load_parameters(parameters)
    gates = layer.forward(np.zeros((1, 1, 1), dtype)).gates
    atol = {"float64": 1e-9, "float32": 5e-7}[dtype]  # nine digits are given; the rational is good to 2e-7
    for gate in "ifo":
        np.testing.assert_allclose(gates[gate][0, 0], [0.993307149, 0.524979187, 0.377540669], rtol=0, atol=atol)
    np.testing.assert_allclose(gates["g"][0, 0], [0.999909204, 0.099667995, -0.462117157], rtol=0, atol=atol)
