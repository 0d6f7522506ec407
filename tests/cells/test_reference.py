"""The NumPy reference gives the answer of the CPU's kernels, with states to start from and a loss on the last ones.

So it is for every cell, with an oracle (`tests/support/oracle.py`) or without: the formulas are then right if the
reference's gradients are those of what it computes.
"""

from __future__ import annotations

import numpy as np
import pytest

from cells.reference import reference
from tests.support.layers import EVERY_CELL, EVERY_FORMULA
from tests.support.problem import MERGES, Problem, Stream, answer_of_layer, relative_error

DIFFERENCE = 1e-6
RTOL_DIFFERENCES = 1e-7  # of a loss of some hundred, to 16 digits, over two differences


@EVERY_FORMULA
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


@EVERY_CELL
@pytest.mark.parametrize("shape", [(2, 40, 260, 130), (2, 5, 513, 1), (200, 1, 8, 2)])
def test_layers_beyond_the_grid_agree_with_the_reference(cell, shape):
    """Sizes at which kernels work in blocks."""
    seq_len, batch_size, hidden_size, input_size = shape
    problem = Problem(cell, seq_len, batch_size, hidden_size, input_size)
    given = problem.draw()
    right = answer_of_layer(problem, given, "float64")
    found = reference(cell, given.parameters, given.x, given.d_output, initial=given.start, d_final=given.d_final)
    values = {"output": found.output, "input": found.input} | found.parameters
    for name, expected in (right["output"] | right["d_input"] | right["d_parameters"]).items():
        assert relative_error(values[name], expected, float(np.abs(expected).max())) < 1e-11, name


@EVERY_FORMULA
@pytest.mark.parametrize("merge", MERGES)
def test_the_gradients_of_the_reference_are_the_differences_of_its_loss(cell, merge):
    problem = Problem(cell, 9, 3, 5, 4, merge)
    given, stream = problem.draw(), Stream(problem.label + " differences")

    def loss(parameters, x, start):
        found = reference(cell, parameters, x, None, merge, initial=start)
        return np.sum(given.d_output * found.output) + sum(np.sum(d * found.final[n]) for n, d in given.d_final.items())

    found = reference(
        cell, given.parameters, given.x, given.d_output, merge, initial=given.start, d_final=given.d_final
    )
    point = (given.parameters, {"x": given.x}, given.start)
    for group, gradients in enumerate((found.parameters, {"x": found.input}, found.initial)):
        for name, gradient in gradients.items():
            along = stream.uniform(1.0, *gradient.shape)
            ends = []
            for sign in (1, -1):
                moved = [dict(arrays) for arrays in point]
                moved[group][name] = moved[group][name] + sign * DIFFERENCE * along
                ends.append(loss(moved[0], moved[1]["x"], moved[2]))
            scale = float(np.abs(gradient).max()) * gradient.size**0.5
            assert abs((ends[0] - ends[1]) / (2 * DIFFERENCE) - np.sum(along * gradient)) < RTOL_DIFFERENCES * scale, (
                name
            )
