"""The gradient profile on the GPU is that of the CPU, also where float32 holds no number, and the same every time.

Parity and repeats of passes are stages of `python -m bench.gpu_checks`, which runs these tests as well.
"""

from __future__ import annotations

import numpy as np
import pytest

from cells import gradient_profile
from tests.support.layers import EVERY_CELL, assert_same
from tests.support.problem import TOLERANCE, Problem, layer_for

REPEATS = 10


@EVERY_CELL
@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("shape", [(100, 3, 33), (60, 2, 256), (30, 1, 768), (20, 1, 1024)])
def test_the_gradient_profile_is_that_of_the_cpu(cell, dtype, shape):
    problem = Problem(cell, *shape, 8)
    given = problem.draw()
    arguments = given.x, given.d_final["h"], given.start
    right = gradient_profile(layer_for(problem, given, "float64"), *arguments)
    layer = layer_for(problem, given, dtype, backend="cuda")
    decades = {"float64": 1e-9, "float32": 1e-4}[dtype]  # a rounding of each step, all of which may go one way
    for key, values in gradient_profile(layer, *arguments).items():
        np.testing.assert_allclose(values, right[key], rtol=0, atol=decades, err_msg=key)


def test_a_gradient_that_float32_cannot_hold_has_a_profile():
    problem = Problem("rnn", 2000, 2, 64, 1)
    given = problem.draw()
    given.parameters["weight_hh_l0"] *= 0.5
    right = gradient_profile(layer_for(problem, given, "float64"), given.x, given.d_final["h"])["h"]
    found = gradient_profile(layer_for(problem, given, "float32", backend="cuda"), given.x, given.d_final["h"])["h"]
    assert right[0].max() < -200
    np.testing.assert_allclose(found, right, rtol=1e-5)


@EVERY_CELL
def test_every_profile_has_the_same_bits(cell):
    problem = Problem(cell, 40, 33, 128, 20)
    given = problem.draw()
    layer = layer_for(problem, given, "float32", backend="cuda")
    first = gradient_profile(layer, given.x, given.d_final["h"])
    for _ in range(REPEATS - 1):
        assert_same(first, gradient_profile(layer, given.x, given.d_final["h"]))
