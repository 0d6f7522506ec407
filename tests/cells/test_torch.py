"""The layer gives PyTorch's answer at every combination of sizes, merges and starts, against PyTorch itself.

`pytest -m torch -s tests/cells` prints the worst error per cell and dtype at the end.
"""

from __future__ import annotations

import pickle
from itertools import product

import numpy as np
import pytest

from tests.cells.test_input import good_layer, refusal
from tests.support.oracle import STACK
from tests.support.problem import (
    BATCH_SIZES,
    HIDDEN_SIZES,
    INITIALS,
    INPUT_SIZES,
    MERGES,
    SEQ_LENS,
    TOLERANCE,
    Problem,
    answer_of_layer,
    group_errors,
)

torch = pytest.importorskip("torch")
pytestmark = [pytest.mark.torch, pytest.mark.slow]


@pytest.fixture(autouse=True)
def _one_torch_thread():
    """PyTorch's thread pool and numba's in one process spin against each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("hidden_size", HIDDEN_SIZES)
@pytest.mark.parametrize("initial", INITIALS, ids=["zero", "start"])
@pytest.mark.parametrize("merge", MERGES)
@pytest.mark.parametrize("cell", STACK)
def test_layer_agrees_with_torch_at_every_size(cell, merge, initial, hidden_size, record_errors):
    from tests.support.torch_reference import answer_of_torch

    wrong = []
    for seq_len, batch_size, input_size in product(SEQ_LENS, BATCH_SIZES, INPUT_SIZES):
        problem = Problem(cell, seq_len, batch_size, hidden_size, input_size, merge, initial)
        given = problem.draw()
        expected = answer_of_torch(problem, given)
        for dtype, tolerance in TOLERANCE.items():
            errors = group_errors(answer_of_layer(problem, given, dtype), expected, dtype)
            record_errors("torch", cell, dtype, problem.label, errors)
            if max(errors.values()) >= tolerance:
                wrong.append((problem.label, dtype, errors))
    assert not wrong, f"{len(wrong)} answers differ; the first: {wrong[0]}"


def test_tensors_of_the_cpu_are_arrays_and_others_say_what_to_do():
    layer, x = good_layer(), torch.randn(4, 2, 3, dtype=torch.float64)
    trace = layer.forward(x)
    kept = trace.output.copy()
    x[:] = 0  # the caller's buffer is the caller's
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(trace)).output, kept)
    np.testing.assert_array_equal(trace.runs[0].x, trace.runs[0].x.copy())
    assert trace.runs[0].x.any()
    weights = {name: torch.tensor(value) for name, value in layer.parameters.items()}
    layer.load_parameters(weights)
    needs_gradient = torch.zeros(4, 2, 3, requires_grad=True)
    refusal(lambda: layer(needs_gradient), "x is a Tensor", "requires grad", "x.detach().cpu()", error=TypeError)
    refusal(lambda: layer(torch.zeros(4, 2, 3, device="meta")), "x is a Tensor", "x.detach().cpu()", error=TypeError)
    refusal(lambda: layer(torch.zeros(4, 2, 3).bfloat16()), "x is a Tensor", error=TypeError)
    parameter = torch.nn.Parameter(weights["weight_hh_l0"])
    refusal(
        lambda: layer.load_parameters(weights | {"weight_hh_l0": parameter}), "weight_hh_l0", "detach", error=TypeError
    )
