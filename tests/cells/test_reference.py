"""The NumPy reference gives the answer of the CPU's kernels, with states to start from and a loss on the last ones."""

from __future__ import annotations

import numpy as np
import pytest

from cells.reference import reference
from tests.support.layers import EVERY_CELL
from tests.support.problem import MERGES, Problem, answer_of_layer, relative_error


@EVERY_CELL
@pytest.mark.parametrize("merge", MERGES)
@pytest.mark.parametrize("initial", [False, True])
def test_the_reference_is_what_the_kernels_compute(cell, merge, initial):
    problem = Problem(cell, 9, 3, 5, 4, merge, initial)
    given = problem.draw()
    right = answer_of_layer(problem, given, "float64")
    start = given.start if initial else None
    found = reference(cell, given.parameters, given.x, given.d_output, merge, initial=start, d_final=given.d_final)
    groups = {
        "final": found.final,
        "d_parameters": found.parameters,
        "d_initial": found.initial,
    }
    for group, arrays in groups.items():
        assert set(arrays) == set(right[group])
        for name, values in arrays.items():
            assert relative_error(values, right[group][name], float(np.abs(right[group][name]).max())) < 1e-12
    for values, group in ((found.output, "output"), (found.input, "d_input")):
        (expected,) = right[group].values()
        assert relative_error(values, expected, float(np.abs(expected).max())) < 1e-12
