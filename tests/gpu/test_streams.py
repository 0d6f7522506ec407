"""Work goes to the stream it is told to, arrays stay on the device, and no call waits for the GPU."""

from __future__ import annotations

import numpy as np
import pytest

from tests.cells.cuda.answers import answer
from tests.support.problem import Problem, layer_for

torch = pytest.importorskip("torch")
PROBLEM = Problem("lstm", 30, 9, 100, 20)
SLEEP = 1_000_000_000  # cycles, about half a second


@pytest.fixture
def setting():
    """A layer that has packed its weights, and x, start, d_output and d_final as PyTorch's tensors."""
    given = PROBLEM.draw()

    def on_gpu(array):
        return torch.tensor(array, dtype=torch.float32, device="cuda")

    layer = layer_for(PROBLEM, given, "float32", backend="cuda")
    start, d_final = ({name: on_gpu(a) for name, a in group.items()} for group in (given.start, given.d_final))
    x, d_output = on_gpu(given.x), on_gpu(given.d_output)
    layer(x, start)
    layer.forward(x, start).backward(d_output, d_final)
    torch.cuda.synchronize()
    return layer, x, start, d_output, d_final


@pytest.fixture(scope="module")
def right():
    return answer(PROBLEM, PROBLEM.draw(), "float32", backend="cuda")


def torch_stream():
    return torch.cuda.Stream()


def core_stream():
    from cells.cuda.device.target import cuda_core

    device = cuda_core().Device(0)
    device.set_current()
    return device.create_stream()


def as_torch(stream):
    if isinstance(stream, torch.cuda.Stream):
        return stream
    return torch.cuda.ExternalStream(int(stream.handle))


@pytest.mark.parametrize("make", [torch_stream, core_stream])
def test_work_waits_for_what_its_stream_does_and_nobody_waits_for_the_work(make, setting, right):
    from cells.cuda.device.stream import using_stream

    layer, x, start, d_output, d_final = setting
    stream = make()
    with torch.cuda.stream(as_torch(stream)):
        torch.cuda._sleep(SLEEP)
    with using_stream(stream):
        output, _ = layer(x, start)
        gradients = layer.forward(x, start).backward(d_output, d_final)
        assert not as_torch(stream).query(), "the calls waited, or slept on another stream"
        assert torch.cuda.default_stream().query(), "something went to the default stream"
        np.testing.assert_array_equal(output.numpy(), right["output"]["inference"])
        for name, value in right["d_parameters"].items():
            np.testing.assert_array_equal(gradients.parameters[name].numpy(), value)


def test_two_streams_at_once_give_what_each_gives_alone(setting, right):
    from cells.cuda.device.stream import using_stream

    layer, x, start, _, _ = setting
    streams, outputs = [torch.cuda.Stream() for _ in range(2)], []
    for _ in range(5):
        for stream in streams:
            with using_stream(stream):
                outputs.append(layer(x, start)[0])
    torch.cuda.synchronize()
    for output in outputs:
        np.testing.assert_array_equal(output.numpy(), right["output"]["inference"])


def test_nothing_is_copied_between_host_and_device(setting, monkeypatch):
    from cells.cuda.device import memory

    def refuse(*_, **__):
        raise AssertionError("copied between host and device")

    layer, x, start, d_output, d_final = setting
    monkeypatch.setattr(memory, "_copy", refuse)
    layer(x, start)
    layer.forward(x, start).backward(d_output, d_final)


def test_torch_takes_the_output_where_it_is(setting, right):
    layer, x, start, _, _ = setting
    output, final = layer(x, start)
    tensor = torch.as_tensor(output, device="cuda")
    assert tensor.data_ptr() == output.__cuda_array_interface__["data"][0]
    torch.cuda.synchronize()
    np.testing.assert_array_equal(tensor.cpu().numpy(), right["output"]["inference"])
    np.testing.assert_array_equal(torch.as_tensor(final["c"], device="cuda").cpu().numpy(), right["final"]["c"])


def test_a_tensor_that_is_not_contiguous_is_refused(setting):
    layer, x, start, _, _ = setting
    with pytest.raises(ValueError, match="allowed: C-contiguous"):
        layer(x.transpose(0, 1).contiguous().transpose(0, 1), start)


def test_a_result_outlives_the_layer_and_its_input(right):
    given = PROBLEM.draw()
    x = torch.tensor(given.x, dtype=torch.float32, device="cuda")
    start = {name: torch.tensor(a, dtype=torch.float32, device="cuda") for name, a in given.start.items()}
    trace = layer_for(PROBLEM, given, "float32", backend="cuda").forward(x, start)
    del x, start
    torch.cuda.empty_cache()
    torch.zeros(10_000_000, device="cuda").fill_(float("nan"))
    gradients = trace.backward(given.d_output.astype(np.float32), {n: a.astype("f4") for n, a in given.d_final.items()})
    np.testing.assert_array_equal(gradients.parameters["weight_ih_l0"], right["d_parameters"]["weight_ih_l0"])
