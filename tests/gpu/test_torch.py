"""PyTorch on the same GPU, in float32 without TF32, gives the same outputs and gradients."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.problem import TOLERANCE, Problem, cast, layer_for, relative_error

torch = pytest.importorskip("torch")
MODULES = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
LIMIT = 2 * TOLERANCE["float32"]  # both are rounded
SIZES = ((1, 1, 1, 1), (50, 16, 64, 20), (30, 33, 200, 7), (20, 8, 1024, 33))


@pytest.fixture
def _no_tf32(monkeypatch):
    monkeypatch.setattr(torch.backends.cuda.matmul, "allow_tf32", False)
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)


def on_gpu(array, gradient=False):
    return torch.tensor(array, dtype=torch.float32, device="cuda", requires_grad=gradient)


def of_torch(problem, given):
    """Output, and gradients by the names of the parameters and "input"."""
    module = MODULES[problem.cell](problem.input_size, problem.hidden_size, bidirectional=problem.merge is not None)
    module.load_state_dict({name: torch.tensor(a) for name, a in given.parameters.items()})
    module.to("cuda", torch.float32)
    x = on_gpu(given.x, gradient=True)
    output, _ = module(x)
    (on_gpu(given.d_output) * output).sum().backward()
    gradients = {name: p.grad.cpu().numpy() for name, p in module.named_parameters()}
    return output.detach().cpu().numpy(), gradients | {"input": x.grad.cpu().numpy()}


@pytest.mark.torch
@pytest.mark.usefixtures("_no_tf32")
@pytest.mark.parametrize("cell", MODULES)
@pytest.mark.parametrize("merge", [None, "concat"])
@pytest.mark.parametrize("sizes", SIZES)
def test_the_answer_is_that_of_torch(cell, merge, sizes):
    problem = Problem(cell, *sizes, merge, initial=False)
    given = problem.draw()
    layer = layer_for(problem, given, "float32", backend="cuda")
    trace = layer.forward(given.x.astype(np.float32))
    gradients = trace.backward(given.d_output.astype(np.float32))
    output, expected = of_torch(problem, given)
    found = cast(gradients.parameters | {"input": gradients.input}, "float64")
    assert relative_error(trace.output, output, float(np.abs(output).max())) < LIMIT
    largest = max(float(np.abs(a).max()) for a in expected.values())
    worst = {name: relative_error(found[name], a, largest) for name, a in expected.items()}
    assert max(worst.values()) < LIMIT, worst
