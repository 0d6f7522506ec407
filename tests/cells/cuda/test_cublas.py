"""The request that cuBLAS gets is a row-major product: a double of it multiplies column by column on host memory."""

from __future__ import annotations

import ctypes
import itertools

import numpy as np
import pytest

from cells.cuda.device.target import CudaUnavailable
from cells.cuda.products import cublas
from cells.cuda.products.matrices import Matrix, MatrixProduct

SENTINEL = 12345.0
RTOL = {"float32": 1e-5, "float64": 1e-12}  # of the sum of |a| |b|
KINDS = {0: ctypes.c_float, 1: ctypes.c_double}  # cudaDataType
STREAM = 4711


class Double:
    """What nvmath.bindings.cublas does, by the rules of cuBLAS: element (i, j) at i + j * ld."""

    def __init__(self):
        self.handles, self.streams, self.modes, self.computes = 0, [], [], []

    def create(self):
        self.handles += 1
        return 100 + self.handles

    def set_math_mode(self, handle, mode):
        self.modes.append((handle, mode))

    def set_stream(self, handle, stream):
        self.streams.append((handle, stream))

    def gemm_ex_64(self, handle, transa, transb, m, n, k, alpha, a, atype, lda, b, btype, ldb, beta, c, ctype, ldc,
                   compute, algorithm):  # fmt: skip
        self.computes.append(compute)
        assert algorithm == -1
        left = view(a, atype, lda, *((k, m) if transa else (m, k)))
        right = view(b, btype, ldb, *((n, k) if transb else (k, n)))
        out = view(c, ctype, ldc, m, n)
        first, second = (view(scalar, ctype, 1, 1, 1)[0, 0] for scalar in (alpha, beta))
        product = (left.T if transa else left) @ (right.T if transb else right)
        out[:] = first * product + (second * out if second else 0)


def view(address, kind, leading, rows, columns):
    """(rows, columns) of host memory, whose columns start `leading` elements apart."""
    assert leading >= rows
    size = (columns - 1) * leading + rows
    flat = np.ctypeslib.as_array(ctypes.cast(address, ctypes.POINTER(KINDS[kind])), (size,))
    return np.lib.stride_tricks.as_strided(flat, (rows, columns), (flat.itemsize, leading * flat.itemsize))


@pytest.fixture
def double(monkeypatch):
    double = Double()
    monkeypatch.setattr(cublas, "_bindings", lambda: double)
    cublas._handle.cache_clear()
    yield double
    cublas._handle.cache_clear()


def stored(values, first, gap):
    """The matrix, its flat array, and where in it the values are; around them NaN."""
    rows, columns = values.shape
    matrix = Matrix(rows, columns, first, columns + gap)
    flat = np.full(first + rows * matrix.stride + 3, np.nan, values.dtype)
    places = first + np.arange(rows)[:, None] * matrix.stride + np.arange(columns)
    flat[places] = values
    return matrix, flat, places


def multiply(a, b, out, real="float32", accumulate=False, **options):
    """Matrices and flat arrays, as from `stored`."""
    addresses = tuple(flat.ctypes.data for _, flat, _ in (a, b, out))
    product = MatrixProduct(a[0], b[0], out[0], real, **options)
    cublas.multiply(product, addresses, accumulate=accumulate, stream=STREAM)


@pytest.mark.parametrize("real", ["float32", "float64"])
@pytest.mark.parametrize("accumulate", [False, True])
@pytest.mark.parametrize(("a_transposed", "b_transposed"), list(itertools.product((False, True), repeat=2)))
def test_the_request_is_a_row_major_product(double, a_transposed, b_transposed, accumulate, real):
    rng = np.random.default_rng(1)
    for rows, columns, depth in ((5, 7, 3), (1, 4, 6), (8, 1, 1)):
        left, right = rng.standard_normal((rows, depth)), rng.standard_normal((depth, columns))
        a = stored((left.T if a_transposed else left).astype(real), 3, 2)
        b = stored((right.T if b_transposed else right).astype(real), 5, 4)
        start = rng.standard_normal((rows, columns)).astype(real)
        out = stored(start if accumulate else np.full_like(start, SENTINEL), 2, 1)
        multiply(a, b, out, a_transposed=a_transposed, b_transposed=b_transposed, accumulate=accumulate, real=real)
        exact = left @ right + (start if accumulate else 0)
        size = abs(left) @ abs(right) + abs(start)
        assert (abs(out[1][out[2]] - exact) <= RTOL[real] * size).all()
        assert np.isnan(np.delete(out[1], out[2].ravel())).all()
    assert set(double.streams) == {(101, STREAM)}


def test_a_handle_is_made_once_and_has_no_tf32(double):
    square = np.ones((2, 2), np.float32)
    for rounded in (False, True, False):
        multiply(stored(square, 0, 0), stored(square, 0, 0), stored(square, 0, 0), rounded=rounded)
    assert double.handles == 1
    assert double.modes == [(101, cublas.DEFAULT_MATH)]
    assert double.computes == [68, 75, 68]


def test_constants_are_those_of_the_bindings():
    bindings = pytest.importorskip("nvmath.bindings.cublas")
    nvmath = pytest.importorskip("nvmath")
    compute = bindings.ComputeType
    assert cublas.COMPUTE == {
        ("float32", False): compute.COMPUTE_32F,
        ("float64", False): compute.COMPUTE_64F,
        ("float32", True): compute.COMPUTE_32F_FAST_16BF,
    }
    assert cublas.DATA == {"float32": nvmath.CudaDataType.CUDA_R_32F, "float64": nvmath.CudaDataType.CUDA_R_64F}
    assert cublas.TRANSPOSED == {False: bindings.Operation.N, True: bindings.Operation.T}
    assert cublas.DEFAULT_MATH == bindings.Math.DEFAULT_MATH
    assert cublas.DEFAULT_ALGORITHM == bindings.GemmAlgo.DEFAULT
    parameters = (
        "transa, int transb, int64_t m, int64_t n, int64_t k, intptr_t alpha, intptr_t a, int atype, int64_t lda"
    )
    assert parameters in bindings.gemm_ex_64.__doc__


def test_without_the_bindings_the_error_says_what_to_install(monkeypatch):
    def absent():
        raise ModuleNotFoundError("No module named 'nvmath'")

    monkeypatch.setattr(cublas, "_bindings", absent)
    cublas._handle.cache_clear()
    assert not cublas.available()
    square = stored(np.ones((2, 2), np.float32), 0, 0)
    with pytest.raises(CudaUnavailable, match="nvmath-python"):
        multiply(square, square, square)
