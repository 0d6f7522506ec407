"""A convolution over time, the control for claims about parallel steps: none of its steps waits for another.

    y_t = b + W_0 x_t + W_1 x_{t-1} + ...        x before the start is 0

It has the input and output sizes of the cell beside it. PyTorch and ONNX Runtime bring their own; beside the kernels of
this suite stands NumPy's product over all steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.case import Case

Array = NDArray[Any]
CONVOLUTION = "convolution"
WIDTH = 2  # steps that an output sees: the present one and the one before, as a cell sees x_t and its last state


def draw_convolution(case: Case) -> tuple[dict[str, Array], Array]:
    """Draw weights (WIDTH, H, I), newest step first, bias (H,), and x (T, B, I) from the case's seed, in its dtype."""
    rng = np.random.default_rng(case.seed)
    inputs = case.input_size
    hidden = case.hidden_size
    bound = (WIDTH * inputs) ** -0.5
    parameters = {
        "weight": rng.uniform(-bound, bound, (WIDTH, hidden, inputs)).astype(case.dtype),
        "bias": rng.uniform(-bound, bound, hidden).astype(case.dtype),
    }
    return parameters, rng.standard_normal((case.seq_len, case.batch_size, inputs)).astype(case.dtype)


def convolve(parameters: Mapping[str, Array], x: Array) -> Array:
    """Return y (T, B, H) of x (T, B, I), in the dtype of what is given."""
    steps, batch, inputs = x.shape
    weight = parameters["weight"]
    bias = parameters["bias"]
    y: Array = x.reshape(steps * batch, inputs) @ weight[0].T + bias
    for late in range(1, min(len(weight), steps)):
        y[late * batch :] += x[:-late].reshape(-1, inputs) @ weight[late].T
    shaped: Array = y.reshape(steps, batch, -1)
    return shaped


def count_convolution(case: Case) -> int:
    """Count the operations of a call: 2 WIDTH I H for each step and sample."""
    return 2 * WIDTH * case.input_size * case.hidden_size * case.seq_len * case.batch_size


def for_other_libraries(parameters: Mapping[str, Array], x: Array) -> tuple[Array, Array]:
    """Arrange weights (H, I, WIDTH), oldest step first, and x (B, I, WIDTH - 1 + T) with the zeros before its start."""
    weight = np.ascontiguousarray(parameters["weight"][::-1].transpose(1, 2, 0))
    padded = np.pad(x.transpose(1, 2, 0), ((0, 0), (0, 0), (WIDTH - 1, 0)))
    return weight, np.ascontiguousarray(padded)
