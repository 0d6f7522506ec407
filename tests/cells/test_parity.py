"""The layer gives PyTorch's answer: output, states, gates, final state and every gradient, from golden files."""

from __future__ import annotations

import pytest

from tests.support.golden.digest import CELLS, load, packed_errors
from tests.support.problem import TOLERANCE, answer_of_layer, covering_problems

PROBLEMS = [problem for cell in CELLS for problem in covering_problems(cell)]


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.label)
def test_layer_agrees_with_the_golden_answer_of_torch(problem, dtype, record_errors):
    errors = packed_errors(answer_of_layer(problem, problem.draw(), dtype), load(problem), dtype)
    record_errors("golden", problem.cell, dtype, problem.label, errors)
    assert max(errors.values()) < TOLERANCE[dtype], errors
