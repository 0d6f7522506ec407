"""Layers on the GPU at full size give the answer of the CPU in float64."""

from __future__ import annotations

import numpy as np
import pytest

from cells import cell_names, gradient_profile
from cells.validation import SHARINGS
from tests.cells.cuda.answers import BFLOAT16, KINDS, SAME_OPERANDS, answer, errors, expected, gate_error
from tests.cells.layers import EVERY_CELL
from tests.gpu.passes import compile_ahead, fits
from tests.problem import TOLERANCE, Problem, group_errors, layer_for

SHAPES = ((64, 1, 32), (256, 16, 64), (100, 64, 128), (64, 33, 256), (50, 64, 512), (25, 16, 768), (20, 8, 1024))
INPUTS = 40
LIMITS = {**TOLERANCE, "bfloat16": BFLOAT16}
CASES = [
    *(("float32", shape) for shape in SHAPES),
    *(("float64", shape) for shape in (SHAPES[0], SHAPES[3], SHAPES[6])),
    *(("bfloat16", shape) for shape in (SHAPES[2], SHAPES[4], SHAPES[6])),
]
PASSES = [
    (Problem(cell, *shape, INPUTS), dtype, sharing)
    for dtype, shape in CASES
    for cell in cell_names()
    for sharing in SHARINGS
]


@pytest.fixture(scope="module")
def _compiled():
    compile_ahead(PASSES)


def name(value):
    return value.label if isinstance(value, Problem) else None


@pytest.mark.usefixtures("_compiled")
@pytest.mark.parametrize(("problem", "dtype", "sharing"), PASSES, ids=name)
def test_the_answer_is_that_of_the_cpu(problem, dtype, sharing):
    if not fits(problem, dtype, sharing):
        pytest.skip(f"{sharing} does not fit")
    found = answer(problem, problem.draw(), dtype, backend="cuda", sharing=sharing)
    wrong = group_errors(found, expected(problem), KINDS[dtype])
    assert max(wrong.values()) < LIMITS[dtype], wrong
    if dtype == "bfloat16":
        assert max(wrong.values()) > LIMITS["float32"], "nothing was rounded"
        assert gate_error(problem, found) < SAME_OPERANDS


@EVERY_CELL
@pytest.mark.parametrize("merge", ["concat", "mean", "sum"])
def test_two_directions(cell, merge):
    found = errors(Problem(cell, 37, 17, 100, 20, merge), "float32")
    assert max(found.values()) < LIMITS["float32"], found


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
