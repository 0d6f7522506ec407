"""A layer that has been used for other shapes in between gives the same bits."""

from __future__ import annotations

import numpy as np

from tests.support.layers import EVERY_CELL, assert_same, there_and_back
from tests.support.problem import Problem, layer_for

REPEATS = 10


@EVERY_CELL
def test_a_layer_that_is_used_again_gives_the_same_bits(cell):
    problem = Problem(cell, 40, 33, 128, 20, "sum")
    given = problem.draw()
    layer, x = layer_for(problem, given, "float32", backend="cuda"), given.x.astype(np.float32)
    first = there_and_back(layer, x)
    for other in (x[:7], x[:, :5], 2 * x):
        there_and_back(layer, np.ascontiguousarray(other))
    for _ in range(REPEATS - 1):
        assert_same(first, there_and_back(layer, x))
