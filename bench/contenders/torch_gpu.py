"""PyTorch on the GPU: its modules of a cell with given parameters, and float64 on the device."""

from __future__ import annotations

import functools
import importlib
import importlib.util
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.case import Case

Array = NDArray[Any]
DEVICE = "cuda"  # of PyTorch's tensors
MODULES = {"rnn": "RNN", "lstm": "LSTM", "gru": "GRU"}


@functools.cache
def torch_or_none() -> Any:
    """Return PyTorch with a GPU and TF32 off, or None; `why_no_torch` has the reason."""
    if why_no_torch() is not None:
        return None
    torch = importlib.import_module("torch")
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    return torch


@functools.cache
def why_no_torch() -> str | None:
    """Return why PyTorch has no GPU in this process, or None where it has one."""
    if importlib.util.find_spec("torch") is None:
        return "PyTorch is not installed"
    try:
        has_gpu = importlib.import_module("torch").cuda.is_available()
    except Exception as error:  # a build whose libraries do not load here: our own kernels can be measured all the same
        return f"PyTorch cannot be used here ({type(error).__name__}: {error})"
    return None if has_gpu else "torch.cuda.is_available() is False: a build without CUDA, or for another driver"


def make_module(torch: Any, case: Case, parameters: Mapping[str, Array], dtype: Any, *, training: bool) -> Any:
    """Make the module of the case's cell on the GPU with these parameters."""
    module = getattr(torch.nn, MODULES[case.cell])(case.input_size, case.hidden_size).to(DEVICE, dtype)
    module.load_state_dict({name: torch.tensor(value) for name, value in parameters.items()})
    for value in module.parameters():
        value.requires_grad_(training)
    return module.train(training)


def exact(torch: Any, case: Case, parameters: Mapping[str, Array], x: Any, d_output: Any) -> dict[str, Any]:
    """Compute output and gradients in float64 on the device, by name; d_output is None in inference."""
    training = d_output is not None
    layer = make_module(torch, case, parameters, torch.float64, training=training)
    wide = torch.as_tensor(x, device=DEVICE).double().requires_grad_(training)
    output, _ = layer(wide)
    results = {"output": output.detach()}
    if training:
        output.backward(torch.as_tensor(d_output, device=DEVICE).double())
        results |= {"input": wide.grad, **{name: value.grad for name, value in layer.named_parameters()}}
    torch.cuda.empty_cache()  # ours is another pool, and both may need most of the memory
    return results


def distance(result: Any, expected: Any, rows: int) -> float:
    """Return the largest difference of two device arrays, in pieces of that many rows.

    The difference of a large output in float64 would need the output's size again.
    """
    tensor = importlib.import_module("torch").as_tensor(result, device=DEVICE)
    pieces = zip(tensor.split(rows), expected.split(rows), strict=True)
    return float(np.max([float((one.double() - other).abs().max()) for one, other in pieces]))
