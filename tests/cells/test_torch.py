"""The layer gives PyTorch's answer at every combination of sizes, merges and starts, against PyTorch itself.

`pytest -m torch -s tests/cells` prints the worst error per cell and dtype at the end.
"""

from __future__ import annotations

from itertools import product

import pytest

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
