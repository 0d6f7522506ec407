"""Arrays in device memory, on the simulated GPU: device arrays in and out, traces on the host, and what is refused."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace

import numpy as np
import pytest

from cells import Layer, gradient_profile
from cells.backend import find_backend
from cells.cuda.device import facts, target
from tests.cells.cuda.answers import Foreign, answer
from tests.support.oracle import STATES
from tests.support.problem import Problem, Stream, layer_for
from tests.test_worked_example import assert_works

pytestmark = pytest.mark.skipif(not target.SIMULATED, reason=f"runs with {target.VARIABLE}=simulator")
run = pytest.importorskip("cells.cuda.run", exc_type=ImportError)
memory = pytest.importorskip("cells.cuda.device.memory", exc_type=ImportError)


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
        np.testing.assert_array_equal(final[name].numpy(), right["final"][f"inference {name}"])
        np.testing.assert_array_equal(gradients.initial[name].numpy(), right["d_initial"][name])


@pytest.mark.parametrize("way", [lambda a: pickle.loads(pickle.dumps(a)), copy.deepcopy], ids=["pickle", "deepcopy"])
def test_layers_traces_and_gradients_travel_as_arrays_of_the_host(way, monkeypatch):
    layer, x, start, d_output, d_final, _ = problem_on_device(merge="concat")
    trace = layer.forward(x, start)
    gradients = trace.backward(d_output, d_final)
    other, again, kept = way(layer), way(trace), way(gradients)
    assert repr(other) == repr(layer)
    assert other.sharing == "block"
    np.testing.assert_array_equal(other(x, start)[0].numpy(), trace.output)
    for found in (again.backward(d_output, d_final), kept):
        assert isinstance(found.input, memory.DeviceArray)
        assert found.input.address != gradients.input.address
        np.testing.assert_array_equal(found.input.numpy(), gradients.input.numpy())
        for name, value in gradients.parameters.items():
            np.testing.assert_array_equal(found.parameters[name].numpy(), value.numpy())
        for name, value in gradients.states.items():
            np.testing.assert_array_equal(found.states[name], value)
    data = pickle.dumps(layer)
    monkeypatch.setattr(target, "missing", lambda: "the driver sleeps")
    find_backend.cache_clear()
    with pytest.raises(target.CudaUnavailable, match="the driver sleeps"):
        pickle.loads(data)


def test_a_part_of_a_device_array_lies_inside_of_it():
    array = memory.to_device(np.arange(6.0).reshape(3, 2))
    np.testing.assert_array_equal([part.numpy() for part in array], [[0, 1], [2, 3], [4, 5]])
    np.testing.assert_array_equal(array[-1].numpy(), [4, 5])
    np.testing.assert_array_equal(array[1:].numpy(), [[2, 3], [4, 5]])
    assert array[1].address - array.address == 16
    for index in (3, -4, slice(None, None, 2)):
        with pytest.raises(IndexError, match="allowed"):
            array[index]


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
    memory.clear(x)
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
    on(facts.A100)
    with pytest.raises(ValueError, match=r"'cluster' does not fit lstm .* on NVIDIA A100; allowed.*: block, grid"):
        cuda_layer(sharing="cluster")(np.zeros((3, 2, 3), np.float32))


def test_a_stream_that_is_none_is_refused():
    from cells.cuda.device.stream import using_stream

    with pytest.raises(TypeError, match="stream is int; allowed: an object with __cuda_stream__, or None"):
        using_stream(7).__enter__()


def test_an_unknown_value_of_the_environment_variable_is_refused(tmp_path):
    with pytest.raises(AssertionError, match="RECURBENCH_CUDA is 'yes'; allowed: gpu, simulator"):
        assert_works("import cells.cuda.device.target", target.__file__.rsplit("/cells/", 1)[0], RECURBENCH_CUDA="yes")


def test_a_profile_that_no_block_has_room_for_is_refused():
    from cells.cuda.device.rehearsal import rehearsing

    layer, small = Layer("lstm", 2, 300, backend="cuda", sharing="launch"), replace(facts.H200, shared_bytes=9000)
    with rehearsing(small), pytest.raises(ValueError, match=r"300 units in float32 needs \d+ bytes .*: 9000"):
        gradient_profile(layer, np.zeros((1, 1, 2)), np.ones((1, 300)))


def test_a_rehearsal_notes_each_kernel_once_and_runs_none():
    from cells.cuda.device.rehearsal import rehearsing

    layer = Layer("lstm", 3, 5, backend="cuda")
    with rehearsing(facts.H200) as noted:
        for _ in range(2):
            layer.forward(np.ones((4, 2, 3), np.float32)).backward(np.ones((4, 2, 5), np.float32))
    names = [kernel.name for kernel in noted]
    assert {"forward", "backward", "pack", "product", "sums"} <= set(names)
    assert names.count("forward") == names.count("backward") == 1
