"""What a product over all steps is asked with is checked before anybody multiplies."""

from __future__ import annotations

import pytest

from cells.cuda.products.matrices import Matrix, MatrixProduct

SQUARE, TALL = Matrix(2, 2, 0, 2), Matrix(3, 2, 0, 2)


@pytest.mark.parametrize("transposed", [False, True])
def test_the_inner_dimension_is_that_of_the_operand_that_is_multiplied(transposed):
    a = TALL if transposed else Matrix(2, 3, 0, 3)
    assert MatrixProduct(a, TALL, SQUARE, "float32", a_transposed=transposed).depth == 3


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"op\(a\) is \(2, 2\), op\(b\) \(3, 2\)"):
        MatrixProduct(SQUARE, TALL, SQUARE, "float32")
    with pytest.raises(ValueError, match=r"out \(3, 2\)"):
        MatrixProduct(SQUARE, SQUARE, TALL, "float32")
    with pytest.raises(ValueError, match="none of them 0"):
        MatrixProduct(Matrix(0, 2, 0, 2), SQUARE, Matrix(0, 2, 0, 2), "float32")


@pytest.mark.parametrize(("real", "rounded"), [("float64", True), ("float16", False), ("bfloat16", True)])
def test_other_types_are_refused(real, rounded):
    with pytest.raises(ValueError, match=f"'{real}', rounded {rounded}"):
        MatrixProduct(SQUARE, SQUARE, SQUARE, real, rounded=rounded)
