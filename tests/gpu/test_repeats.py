"""A result depends on the parameters and the input alone: ten runs give the same bits."""

from __future__ import annotations

import numpy as np
import pytest

from cells import cell_names, gradient_profile
from cells.validation import SHARINGS
from tests.cells.cuda.answers import answer, assert_same_answer
from tests.cells.layers import EVERY_CELL, assert_same, there_and_back
from tests.gpu.passes import compile_ahead, fits
from tests.problem import Problem, layer_for

REPEATS = 10
SIZES = (40, 33, 128, 20)
PASSES = [
    (Problem(cell, *SIZES), dtype, sharing)
    for dtype in ("float32", "bfloat16")
    for cell in cell_names()
    for sharing in SHARINGS
]


@pytest.fixture(scope="module")
def _compiled():
    compile_ahead(PASSES)


@pytest.mark.usefixtures("_compiled")
@pytest.mark.parametrize(("problem", "dtype", "sharing"), PASSES, ids=lambda value: getattr(value, "label", None))
def test_every_run_gives_the_same_bits(problem, dtype, sharing):
    if not fits(problem, dtype, sharing):
        pytest.skip(f"{sharing} does not fit")
    given = problem.draw()
    first = answer(problem, given, dtype, backend="cuda", sharing=sharing)
    for _ in range(REPEATS - 1):
        assert_same_answer(first, answer(problem, given, dtype, backend="cuda", sharing=sharing))


@EVERY_CELL
def test_a_layer_that_is_used_again_gives_the_same_bits(cell):
    problem = Problem(cell, *SIZES, "sum")
    given = problem.draw()
    layer, x = layer_for(problem, given, "float32", backend="cuda"), given.x.astype(np.float32)
    first = there_and_back(layer, x)
    for other in (x[:7], x[:, :5], 2 * x):
        there_and_back(layer, np.ascontiguousarray(other))
    for _ in range(REPEATS - 1):
        assert_same(first, there_and_back(layer, x))


@EVERY_CELL
def test_every_profile_has_the_same_bits(cell):
    problem = Problem(cell, *SIZES)
    given = problem.draw()
    layer = layer_for(problem, given, "float32", backend="cuda")
    first = gradient_profile(layer, given.x, given.d_final["h"])
    for _ in range(REPEATS - 1):
        assert_same(first, gradient_profile(layer, given.x, given.d_final["h"]))
