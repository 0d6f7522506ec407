"""Layers on the simulated GPU give the answer of the CPU: every cell, sharing, dtype, tail and place of weights."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from cells import Layer, cell_names, gradient_profile
from cells.cuda import target
from cells.validation import SHARINGS
from tests.cells.cuda.answers import (
    BFLOAT16,
    TENSOR_CORES,
    Foreign,
    answer,
    assert_same_answer,
    errors,
    expected,
    largest_difference,
)
from tests.cells.layers import EVERY_CELL
from tests.oracle import STACK, STATES
from tests.problem import TOLERANCE, Problem, Stream, group_errors, layer_for
from tests.test_worked_example import assert_works, copy_with_the_new_cell

pytestmark = pytest.mark.skipif(not target.SIMULATED, reason=f"runs with {target.VARIABLE}=simulator")
run = pytest.importorskip("cells.cuda.run", exc_type=ImportError)
memory = pytest.importorskip("cells.cuda.memory", exc_type=ImportError)

EVERY_SHARING = pytest.mark.parametrize("sharing", SHARINGS)
SMALL = dataclasses.replace(target.H200, name="a small GPU", multiprocessors=4)
NARROW = dataclasses.replace(SMALL, name="a GPU with little shared memory", shared_bytes=2304)
PAIRS = list(zip(cell_names(), SHARINGS, strict=False))
TWO_PHASES = [("lstm", sharing) for sharing in SHARINGS] + [("gru-reset-before", sharing) for sharing in SHARINGS]


@pytest.fixture
def on(monkeypatch):
    """`on(facts, **of_plan)`: as if the GPU, and the constants of the rule, were others."""
    from cells.cuda import plan

    def use(facts, **constants):
        monkeypatch.setattr(target, "facts", lambda: facts)
        for name, value in constants.items():
            monkeypatch.setattr(plan, name, value)
        plan.choose.cache_clear()

    yield use
    plan.choose.cache_clear()


def choices(problem, dtype, sharing):
    """The designs of both ways."""
    weights = layer_for(problem, problem.draw(), dtype, backend="cuda", sharing=sharing).directions[0]
    return [run.choice(weights, problem.batch_size, way) for way in ("forward", "backward")]


def assert_right(problem, dtype, sharing):
    found = errors(problem, dtype, sharing=sharing)
    assert max(found.values()) < TOLERANCE[dtype], found


@EVERY_CELL
@EVERY_SHARING
@pytest.mark.parametrize(("dtype", "sizes"), [("float64", (3, 2, 5, 3)), ("float32", (2, 3, 10, 5))])
def test_the_answer_is_that_of_the_cpu(cell, sharing, dtype, sizes):
    assert_right(Problem(cell, *sizes), dtype, sharing)


@EVERY_CELL
@EVERY_SHARING
def test_batches_that_fill_no_group_of_rows(cell, sharing, on):
    on(SMALL)
    problem = Problem(cell, 2, 5, 6, 3)
    assert all(problem.batch_size % choice.design.rows for choice in choices(problem, "float32", sharing))
    assert_right(problem, "float32", sharing)


@EVERY_CELL
def test_a_group_that_takes_its_rows_in_turns(cell, on):
    on(dataclasses.replace(SMALL, multiprocessors=2))
    problem = Problem(cell, 2, 17, 5, 3)
    assert all(choice.rows > choice.design.rows for choice in choices(problem, "float32", "grid"))
    assert_right(problem, "float32", "grid")


@pytest.mark.parametrize(("cell", "sharing"), PAIRS)
def test_more_units_than_a_warp_has_lanes_and_a_single_step(cell, sharing):
    assert_right(Problem(cell, 1, 2, 33, 1), "float32", sharing)


@pytest.mark.parametrize(("cell", "sharing"), PAIRS)
def test_one_unit_or_two_and_no_start(cell, sharing):
    assert_right(Problem(cell, 2, 1, 2 if sharing == "cluster" else 1, 1, None, False), "float32", sharing)


@pytest.mark.parametrize("merge", ["concat", "mean", "sum"])
@pytest.mark.parametrize(("cell", "sharing"), [("lstm", "block"), ("gru-reset-before", "cluster")])
def test_two_directions(cell, sharing, merge):
    assert_right(Problem(cell, 2, 2, 5, 3, merge), "float32", sharing)


@pytest.mark.parametrize(("cell", "sharing"), [pair for pair in TWO_PHASES if pair[1] != "launch"])
def test_weights_in_shared_memory(cell, sharing, on):
    on(dataclasses.replace(target.H200, name="a GPU of few registers"), REGISTERS=0)
    problem = Problem(cell, 2, 1, 10, 3)
    tiles = [tile for choice in choices(problem, "float32", sharing) for tile in choice.design.tiles]
    assert all(tile.in_registers == 0 and tile.in_shared == tile.pieces for tile in tiles)
    assert_right(problem, "float32", sharing)


@pytest.mark.parametrize("cell", ["lstm", "gru-reset-before"])
def test_weights_in_three_places_at_once(cell, on, monkeypatch):
    from cells.cuda import plan

    def spread(*given, **how):
        tile = made(*given, **how)
        return dataclasses.replace(tile, in_registers=tile.pieces // 3, in_shared=tile.pieces // 3)

    made = plan.make_tile
    monkeypatch.setattr(plan, "make_tile", spread)
    monkeypatch.setattr(plan, "MOST_WARPS", 2)
    on(dataclasses.replace(target.H200, name="a GPU of few warps"))
    problem = Problem(cell, 2, 1, 17, 1)
    for choice in choices(problem, "float32", "block"):
        assert any(0 < tile.in_registers <= tile.in_shared < tile.pieces - 1 for tile in choice.design.tiles), choice
    assert_right(problem, "float32", "block")


@EVERY_CELL
def test_weights_that_fit_nowhere_are_read_at_every_step(cell, on):
    on(NARROW, REGISTERS=0)
    problem = Problem(cell, 2, 2, 10, 3)
    tiles = [tile for choice in choices(problem, "float32", "block") for tile in choice.design.tiles]
    assert all(tile.in_registers + tile.in_shared == 0 for tile in tiles), tiles
    assert_right(problem, "float32", "block")


@EVERY_CELL
def test_bfloat16_rounds_the_operands_on_tensor_cores_and_off(cell):
    problem = Problem(cell, 2, 9, 6, 3)
    tiles = [tile for choice in choices(problem, "bfloat16", "grid") for tile in choice.design.tiles]
    assert any(tile.tensor for tile in tiles), tiles
    given = problem.draw()
    grid, block = (answer(problem, given, "bfloat16", backend="cuda", sharing=s) for s in ("grid", "block"))
    found = group_errors(grid, expected(problem), "float32")
    assert TOLERANCE["float32"] < max(found.values()) < BFLOAT16, found
    assert largest_difference(block, grid) < TENSOR_CORES


def test_bfloat16_of_a_launch_for_each_step_is_that_of_one_launch():
    problem = Problem("gru-reset-before", 2, 9, 6, 3)
    given = problem.draw()
    tiles = [tile for choice in choices(problem, "bfloat16", "launch") for tile in choice.design.tiles]
    assert any(tile.tensor for tile in tiles), tiles
    launch, cluster = (answer(problem, given, "bfloat16", backend="cuda", sharing=s) for s in ("launch", "cluster"))
    assert largest_difference(cluster, launch) < TENSOR_CORES


def test_the_rule_of_a_layer_that_names_no_sharing():
    assert_right(Problem("gru", 2, 2, 5, 3), "float32", None)


def test_two_runs_give_the_same_bits():
    problem = Problem("lstm", 2, 2, 5, 3)
    given = problem.draw()
    first, second = (answer(problem, given, "float32", backend="cuda", sharing="grid") for _ in range(2))
    assert_same_answer(first, second)


# Arrays in device memory.


def problem_on_device(cell="lstm", merge=None, wrap=memory.to_device):
    """A layer, and x, start, d_output and d_final as device arrays; the problem and its numbers."""
    problem = Problem(cell, 3, 2, 5, 3, merge)
    given = problem.draw()
    layer = layer_for(problem, given, "float32", backend="cuda", sharing="block")
    start, d_final = ({n: wrap(a.astype(np.float32)) for n, a in d.items()} for d in (given.start, given.d_final))
    return layer, wrap(given.x.astype(np.float32)), start, wrap(given.d_output.astype(np.float32)), d_final, problem


@pytest.mark.parametrize("wrap", [memory.to_device, Foreign], ids=["ours", "of another library"])
@pytest.mark.parametrize("merge", [None, "concat"])
def test_device_arrays_give_device_arrays_with_the_same_numbers(merge, wrap):
    layer, x, start, d_output, d_final, problem = problem_on_device(merge=merge, wrap=wrap)
    right = answer(problem, problem.draw(), "float32", backend="cuda", sharing="block")
    output, final = layer(x, start)
    gradients = layer.forward(x, start).backward(d_output, d_final)
    assert isinstance(output, memory.DeviceArray)
    assert isinstance(gradients.input, memory.DeviceArray)
    np.testing.assert_array_equal(output.numpy(), right["output"]["inference"])
    np.testing.assert_array_equal(gradients.input.numpy(), right["d_input"]["input"])
    for name, value in right["d_parameters"].items():
        assert isinstance(gradients.parameters[name], memory.DeviceArray)
        np.testing.assert_array_equal(gradients.parameters[name].numpy(), value)
    for name in STATES["lstm"]:
        of_directions = final[name] if merge else (final[name],)
        numbers = [part.numpy() for part in of_directions]
        value = right["final"][f"inference {name}"]
        np.testing.assert_array_equal(numbers if merge else numbers[0], value)


def test_nothing_is_copied_to_the_host_before_somebody_asks(monkeypatch):
    layer, x, start, d_output, d_final, _ = problem_on_device()
    layer.forward(x, start)  # packs the weights

    def refuse(self):
        raise AssertionError("copied to the host")

    monkeypatch.setattr(memory.DeviceArray, "numpy", refuse)
    layer(x, start)
    layer.forward(x, start).backward(d_output, d_final)


def test_a_trace_keeps_its_own_copy_of_a_device_array():
    layer, x, start, d_output, d_final, _ = problem_on_device()
    trace = layer.forward(x, start)
    before = trace.backward(d_output, d_final)
    x.values[...] = 0
    after = trace.backward(d_output, d_final)
    np.testing.assert_array_equal(after.parameters["weight_ih_l0"].numpy(), before.parameters["weight_ih_l0"].numpy())


def test_a_trace_is_read_only_numpy_whoever_asks():
    layer, x, start, _, _, _ = problem_on_device()
    trace = layer.forward(x, start)
    for array in (trace.output, *trace.states.values(), *trace.gates.values(), *trace.final.values()):
        assert isinstance(array, np.ndarray)
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


def test_a_layer_goes_to_the_gpu_and_back_with_the_same_bits():
    layer = Layer("gru", 3, 5, bidirectional="sum", rng=np.random.default_rng(0))
    there = layer.to("cuda")
    back = there.to("cpu")
    assert (layer.backend, there.backend, back.backend) == ("cpu", "cuda", "cpu")
    assert there.to("cuda") is there
    x = Stream("x").uniform(1.0, 3, 2, 3).astype(np.float32)
    np.testing.assert_array_equal(back(x)[0], layer(x)[0])
    np.testing.assert_allclose(there(x)[0], layer(x)[0], rtol=0, atol=1e-6)
    for name, value in layer.parameters.items():
        assert there.parameters[name].tobytes() == back.parameters[name].tobytes() == value.tobytes()


@pytest.mark.parametrize("cell", ["lstm", "gru-reset-before"])
@pytest.mark.parametrize("merge", [None, "mean"])
def test_inference_in_turns_is_inference_at_once(cell, merge, monkeypatch):
    problem = Problem(cell, 3, 2, 5, 3, merge)
    given = problem.draw()
    layer = layer_for(problem, given, "float32", backend="cuda", sharing="block")
    x, start = given.x.astype(np.float32), {n: a.astype(np.float32) for n, a in given.start.items()}
    output, final = layer(x, start)
    monkeypatch.setattr(run, "WINDOW_BYTES", 2 * len(layer.spec.slots) * 2 * 5 * 4)  # two steps
    in_turns, at_the_end = layer(x, start)
    np.testing.assert_array_equal(in_turns, output)
    for name, value in final.items():
        np.testing.assert_array_equal(at_the_end[name], value)


# The gradient profile.


def closing_layer(cell, dtype, backend, seq_len):
    """A layer whose gates close the past, so that a step takes away more than two decades of the gradient."""
    problem = Problem(cell, seq_len, 2, 5, 3)
    given = problem.draw()
    for name in ("weight_hh_l0", "weight_ih_l0"):
        given.parameters[name] = given.parameters[name] * 2.0**-6
    for gate in set(STACK[cell]) & {"f", "z"}:
        first = STACK[cell].index(gate) * 5
        given.parameters["bias_hh_l0"][first : first + 5] -= 6
    return layer_for(problem, given, dtype, backend=backend), given.x.astype(dtype), given.d_final["h"].astype(dtype)


@EVERY_CELL
@pytest.mark.parametrize(("dtype", "seq_len"), [("float64", 5), ("float32", 26)])
def test_the_gradient_profile_is_that_of_the_cpu(cell, dtype, seq_len):
    right = gradient_profile(*closing_layer(cell, "float64", "cpu", seq_len))
    found, again = (gradient_profile(*closing_layer(cell, dtype, "cuda", seq_len)) for _ in range(2))
    decades = {"float64": 1e-12, "float32": 1e-5}[dtype]  # of 50 or more: a rounding of 6e-8 for each of 26 steps
    for name, values in right.items():
        assert seq_len == 5 or values[0].max() < -50, "float32 ends at -45"
        np.testing.assert_allclose(found[name], values, rtol=0, atol=decades, err_msg=name)
        np.testing.assert_array_equal(again[name], found[name])


def test_the_profile_of_weights_that_fit_nowhere(on):
    on(NARROW, REGISTERS=0)
    right = gradient_profile(*closing_layer("gru-reset-before", "float64", "cpu", 2))
    found = gradient_profile(*closing_layer("gru-reset-before", "float32", "cuda", 2))
    np.testing.assert_allclose(found["h"], right["h"], rtol=0, atol=1e-6)


def test_the_profile_of_no_loss_is_minus_infinity():
    layer, x, d_last = closing_layer("lstm", "float32", "cuda", 2)
    assert all((values == -np.inf).all() for values in gradient_profile(layer, x, 0 * d_last).values())


# What is refused.


def cuda_layer(**how):
    return Layer("lstm", 3, 5, backend="cuda", **{"sharing": "block", **how})


def zeros(*shape, dtype=np.float32):
    return memory.to_device(np.zeros(shape, dtype))


def test_device_arrays_of_another_dtype_shape_or_order_are_refused():
    layer = cuda_layer()
    for call in (layer, layer.forward):
        with pytest.raises(TypeError, match="x has dtype float64 in GPU memory; allowed: float32"):
            call(zeros(3, 2, 3, dtype=np.float64))
        with pytest.raises(ValueError, match=r"x has shape \(3, 2, 4\); allowed: \(T >= 1, B >= 1, I = 3\)"):
            call(zeros(3, 2, 4))
        with pytest.raises(ValueError, match=r"strides \(24, 48, 4\); allowed: C-contiguous"):
            call(Foreign(np.zeros((2, 4, 3), np.float32).transpose(1, 0, 2)[::2]))
        with pytest.raises(ValueError, match=r'initial\["c"\] has shape \(2, 4\); allowed: \(B = 2, H = 5\)'):
            call(zeros(3, 2, 3), {"h": zeros(2, 5), "c": zeros(2, 4)})
    trace = layer.forward(zeros(3, 2, 3))
    with pytest.raises(ValueError, match=r"d_output has shape \(3, 2, 3\); allowed: \(T = 3, B = 2, H = 5\)"):
        trace.backward(zeros(3, 2, 3))
    with pytest.raises(TypeError, match=r'd_final\["h"\] has dtype float64'):
        trace.backward(zeros(3, 2, 5), {"h": zeros(2, 5, dtype=np.float64), "c": zeros(2, 5)})


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_from_the_host_are_looked_at(value):
    layer, bad = cuda_layer(), np.zeros((3, 2, 3), np.float32)
    bad[1, 0, 2] = value
    for call in (layer, layer.forward):
        with pytest.raises(ValueError, match=rf"x holds {value} at \[1, 0, 2\]"):
            call(bad)


def test_an_unknown_sharing_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="unknown sharing 'warp'; known: None, block, cluster, grid, launch"):
        cuda_layer(sharing="warp")


def test_a_sharing_that_does_not_fit_names_those_that_do(on):
    on(target.A100)
    with pytest.raises(ValueError, match=r"'cluster' does not fit lstm .* on NVIDIA A100; allowed.*: block, grid"):
        cuda_layer(sharing="cluster")(np.zeros((3, 2, 3), np.float32))


def test_a_stream_that_is_none_is_refused():
    from cells.cuda.launch import using_stream

    with pytest.raises(TypeError, match="stream is int; allowed: an object with __cuda_stream__, or None"):
        using_stream(7).__enter__()


def test_an_unknown_value_of_the_environment_variable_is_refused(tmp_path):
    with pytest.raises(AssertionError, match="RECURBENCH_CUDA is 'yes'; allowed: gpu, simulator"):
        assert_works("import cells.cuda.target", target.__file__.rsplit("/cells/", 1)[0], RECURBENCH_CUDA="yes")


# A cell that was not there.

NEW_CELL = """
    import numpy as np
    from cells import Layer, gradient_profile
    from cells.reference import reference

    rng = np.random.default_rng(0)
    x, d_output = rng.standard_normal((3, 2, 3)), rng.standard_normal((3, 2, 5))
    for sharing in ("block", "cluster", "grid", "launch"):
        layer = Layer("min-gru", 3, 5, dtype="float64", bidirectional="mean", backend="cuda", sharing=sharing, rng=rng)
        trace = layer.forward(x)
        gradients = trace.backward(d_output)
        expected = reference("min-gru", layer.parameters, x, d_output, "mean")
        np.testing.assert_allclose(trace.output, expected.output, rtol=0, atol=1e-14)
        np.testing.assert_allclose(layer(x)[0], expected.output, rtol=0, atol=1e-14)
        np.testing.assert_allclose(gradients.input, expected.input, rtol=0, atol=1e-13)
        for name, value in expected.parameters.items():
            np.testing.assert_allclose(gradients.parameters[name], value, rtol=0, atol=1e-13)
    one = Layer("min-gru", 3, 5, dtype="float64", backend="cuda", rng=rng)
    kept = np.prod(1 - one.forward(x).gates["z"], axis=0) * d_output[0]
    profile = gradient_profile(one, x, d_output[0])["h"]
    np.testing.assert_allclose(profile[0], np.log10(np.linalg.norm(kept, axis=1)), rtol=0, atol=1e-12)
    print("worked")
"""


def test_a_new_cell_runs_on_the_gpu_as_it_is(tmp_path):
    copy_with_the_new_cell(tmp_path)
    assert_works(NEW_CELL, tmp_path)
