"""Products over all time steps, in the simulator with toy tiles: every orientation, tail, stride and split."""

from __future__ import annotations

import inspect
import itertools

import numpy as np
import pytest

from cells.cuda.device import target
from cells.cuda.products.matrices import Matrix, MatrixProduct
from tests.cells.cuda.answers import bfloat16

pytestmark = pytest.mark.skipif(not target.SIMULATED, reason=f"runs with {target.VARIABLE}=simulator")
product = pytest.importorskip("cells.cuda.products.product", exc_type=ImportError)

SENTINEL = 12345.0
RTOL = {"float32": 1e-5, "float64": 1e-12}  # of the sum of |a| |b|: rounding grows with the inner dimension
TINY = (8, 8, 4, 4, 1)  # 16 threads, as (rows, columns, depth, rows_each, columns_each)
WIDE = (16, 16, 4, 8, 2)  # 16 threads, two groups of four rows
ORIENTATIONS = list(itertools.product((False, True), repeat=2))


class Stored:
    """A matrix with an offset and a stride in a flat array whose other elements are the sentinel (as numbers, NaN)."""

    def __init__(self, values, around=np.nan, first=3, gap=2):
        rows, columns = values.shape
        stride = columns + gap
        self.matrix = Matrix(rows, columns, first, stride)
        self.flat = np.full(first + rows * stride + 5, around, values.dtype)
        self.places = first + np.arange(rows)[:, None] * stride + np.arange(columns)
        self.flat[self.places] = values

    @property
    def values(self):
        return self.flat[self.places]

    def assert_only_values_changed(self):
        others = np.ones(self.flat.shape, bool)
        others[self.places] = False
        assert (self.flat[others] == SENTINEL).all()


def launch(calls, a, b, bias, out):
    from cells.cuda.simulator import machine as simulator

    scratch = np.full(product.scratch_size(calls) or 1, np.nan, out.dtype)
    for call in calls:
        kernel = call.kernel
        takes = tuple(inspect.signature(kernel.function()).parameters)
        assert (len(kernel.signature), takes[5:]) == (len(takes), call.scalars._fields)
        simulator.run(
            kernel.function(), call.grid, kernel.threads, call.shared_bytes, (a, b, bias, out, scratch, *call.scalars)
        )


def multiply(a, b, a_transposed, b_transposed, cut, split=1, bias=None, rounded=False):
    """op(a) op(b) + bias through the kernels, after checks of what is around it."""
    shape = (a.shape[1] if a_transposed else a.shape[0], b.shape[0] if b_transposed else b.shape[1])
    stored_a, stored_b = Stored(a), Stored(b, first=7, gap=3)
    out = Stored(np.full(shape, SENTINEL, a.dtype), SENTINEL, first=6, gap=1)
    calls = product.product_calls(
        MatrixProduct(stored_a.matrix, stored_b.matrix, out.matrix, a.dtype.name, a_transposed, b_transposed, rounded),
        bias=bias is not None,
        bias_first=2,
        multiprocessors=4,
        cut=product.Tiling(product.TileShape(*cut), split),
    )
    biases = np.full(shape[1] + 4, np.nan, a.dtype)
    if bias is not None:
        biases[2 : 2 + shape[1]] = bias
    launch(calls, stored_a.flat, stored_b.flat, biases, out.flat)
    out.assert_only_values_changed()
    return out.values


def drawn(rng, rows, columns, depth, a_transposed, b_transposed, real):
    a, b = rng.standard_normal((rows, depth)), rng.standard_normal((depth, columns))
    return np.array((a.T if a_transposed else a), real), np.array((b.T if b_transposed else b), real)


def expected(a, b, a_transposed, b_transposed):
    """The product, and the sum of absolute values that its error is relative to; (rows, columns) each."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    a, b = a.T if a_transposed else a, b.T if b_transposed else b
    return a @ b, abs(a) @ abs(b)


def assert_close(values, exact, size, real):
    assert (abs(values - exact) <= RTOL[real] * size).all()


@pytest.mark.parametrize("real", ["float32", "float64"])
@pytest.mark.parametrize(("a_transposed", "b_transposed"), ORIENTATIONS)
def test_a_product_is_that_of_numpy(a_transposed, b_transposed, real):
    rng = np.random.default_rng(1)
    for rows, columns, depth, split in ((9, 11, 10, 1), (8, 8, 4, 1), (1, 1, 1, 1), (5, 9, 21, 3), (17, 3, 2, 2)):
        a, b = drawn(rng, rows, columns, depth, a_transposed, b_transposed, real)
        values = multiply(a, b, a_transposed, b_transposed, TINY, split)
        assert_close(values, *expected(a, b, a_transposed, b_transposed), real)


@pytest.mark.parametrize("split", [1, 2])
@pytest.mark.parametrize(("a_transposed", "b_transposed"), ORIENTATIONS)
def test_threads_with_several_groups_of_rows_and_columns(a_transposed, b_transposed, split):
    a, b = drawn(np.random.default_rng(2), 21, 18, 9, a_transposed, b_transposed, "float32")
    values = multiply(a, b, a_transposed, b_transposed, WIDE, split)
    assert_close(values, *expected(a, b, a_transposed, b_transposed), "float32")


@pytest.mark.parametrize("split", [1, 3])
def test_a_bias_is_added_once(split):
    rng = np.random.default_rng(3)
    a, b = drawn(rng, 9, 10, 13, False, True, "float32")
    bias = rng.standard_normal(10).astype(np.float32)
    exact, size = expected(a, b, False, True)
    assert_close(multiply(a, b, False, True, TINY, split, bias=bias), exact + bias, size + abs(bias), "float32")


@pytest.mark.parametrize(("a_transposed", "b_transposed"), ORIENTATIONS)
def test_rounded_operands_are_bfloat16_and_sums_are_not(a_transposed, b_transposed):
    a, b = drawn(np.random.default_rng(4), 9, 5, 9, a_transposed, b_transposed, "float32")
    exact, size = expected(bfloat16(a), bfloat16(b), a_transposed, b_transposed)
    values = multiply(a, b, a_transposed, b_transposed, TINY, rounded=True)
    assert_close(values, exact, size, "float32")
    assert (abs(values - expected(a, b, a_transposed, b_transposed)[0]) > RTOL["float32"] * size).any()


@pytest.mark.parametrize(("a_transposed", "b_transposed"), [(False, True), (True, False)])
@pytest.mark.parametrize(("columns", "real"), [(5, "float32"), (64, "float32"), (99, "float32"), (33, "float64")])
def test_tiles_of_the_rule_are_right_too(columns, real, a_transposed, b_transposed):
    rule = product.tiling(3, columns, 9, 0 if columns == 99 else 4, real).tile  # 0: as if any product filled the GPU
    assert (rule.rows == 128) == (columns == 99)
    cut = (rule.rows, rule.columns, rule.depth, rule.rows_each, rule.columns_each)
    a, b = drawn(np.random.default_rng(7), 3, columns, 9, a_transposed, b_transposed, real)
    values = multiply(a, b, a_transposed, b_transposed, cut)
    assert_close(values, *expected(a, b, a_transposed, b_transposed), real)


def test_two_runs_give_the_same_bits():
    a, b = drawn(np.random.default_rng(5), 9, 9, 33, True, False, "float32")
    first, second = (multiply(a, b, True, False, TINY, split=4) for _ in range(2))
    assert first.tobytes() == second.tobytes()


@pytest.mark.parametrize("real", ["float32", "float64"])
@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (9, 33), (200, 3)])
def test_column_sums_are_those_of_numpy(rows, columns, real):
    a = np.random.default_rng(6).standard_normal((rows, columns)).astype(real)
    runs = []
    for _ in range(2):
        stored = Stored(a)
        out = Stored(np.full((1, columns), SENTINEL, real), SENTINEL)
        calls = product.column_sum_calls(stored.matrix, out.matrix, real=real, multiprocessors=4)
        assert len(calls) == (2 if rows == 200 else 1)
        launch(calls, stored.flat, stored.flat, stored.flat, out.flat)
        out.assert_only_values_changed()
        runs.append(out.values)
    assert_close(runs[0][0], a.sum(0, np.float64), abs(a).sum(0, np.float64), real)
    assert runs[0].tobytes() == runs[1].tobytes()


@pytest.mark.parametrize("real", ["float32", "float64"])
@pytest.mark.parametrize(
    "sizes", [(1, 1, 1), (128, 64, 200_000), (4096, 1024, 8192), (60_000, 512, 32), (10**7, 16, 8)]
)
def test_the_rule_fills_the_gpu_but_not_many_times(sizes, real):
    rows, columns, depth = sizes
    cut = product.tiling(rows, columns, depth, 132, real)
    tiles = -(-rows // cut.tile.rows) * -(-columns // cut.tile.columns)
    assert cut.split == 1 or tiles * cut.split <= 16 * 132
    assert cut.split == 1 or depth / cut.split >= product.SHORTEST


def test_shapes_that_do_not_fit_are_refused():
    one, other = Matrix(2, 3, 0, 3), Matrix(4, 2, 0, 2)
    with pytest.raises(ValueError, match="has 4 threads; allowed: a multiple of rows"):
        product.TileShape(8, 8, 4, 4, 4)
    with pytest.raises(ValueError, match=r"allowed: \(n, m\), \(1, m\)"):
        product.column_sum_calls(one, other, real="float32", multiprocessors=4)
