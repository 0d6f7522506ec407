"""The product of `product` by NVIDIA's cuBLAS, through the bindings of nvmath-python; both are optional.

cuBLAS stores columns one after another. A row-major matrix is to it the transposed one, so it is asked for
out^T = op(b)^T op(a)^T: operands swapped, and each transposed where the row-major one is.
"""

from __future__ import annotations

import functools
import importlib
import threading
from typing import Any

import numpy as np

from cells.cuda.device.target import CudaUnavailable, device
from cells.cuda.device.toolkit import load_library
from cells.cuda.products.matrices import MatrixProduct

INSTALL = 'pip install "nvmath-python[cu13]==1.0.0" (or cu12, for an older driver)'

# cublas_api.h and library_types.h
TRANSPOSED = {False: 0, True: 1}
DEFAULT_MATH = 0  # no tensor cores for float32: TF32 is only used where it is asked for
DEFAULT_ALGORITHM = -1
DATA = {"float32": 0, "float64": 1}
COMPUTE = {("float32", False): 68, ("float64", False): 70, ("float32", True): 75}
"""By (real, rounded): COMPUTE_32F, COMPUTE_64F, COMPUTE_32F_FAST_16BF (tensor cores, operands as bfloat16)."""


def available() -> bool:
    """Say whether cuBLAS runs on the device, nvmath-python is installed and finds a cuBLAS to load."""
    return device().runs_libraries() and _installed()


@functools.cache
def _installed() -> bool:
    try:
        _bindings()
        load_library("cublas")
    except (ImportError, RuntimeError):
        return False
    return True


def multiply(
    product: MatrixProduct, addresses: tuple[int, int, int], *, accumulate: bool, stream: int, gpu: int = 0
) -> None:
    """Compute the product out = op(a) op(b), or out += where `accumulate`: for a bias, fill `out` with it first.

    addresses: of the flat arrays that `a`, `b` and `out` lie in, in bytes, in the memory of `gpu`, which is the
    current one. stream: the handle of the one that it is queued on. Where operands are rounded cuBLAS may, not must,
    round them.
    Raises CudaUnavailable without nvmath-python or cuBLAS.
    """
    a = product.a
    b = product.b
    out = product.out
    real = product.real
    at = [
        address + matrix.first * np.dtype(real).itemsize for address, matrix in zip(addresses, (a, b, out), strict=True)
    ]
    one, beta = np.ones(1, real), np.full(1, accumulate, real)  # cuBLAS reads both before it returns
    handle = _handle(gpu)
    cublas = _bindings()
    kind = DATA[real]
    with _using:  # a handle has one stream at a time
        cublas.set_stream(handle, stream)
        cublas.gemm_ex_64(
            handle, TRANSPOSED[product.b_transposed], TRANSPOSED[product.a_transposed],
            out.columns, out.rows, product.depth,
            one.ctypes.data, at[1], kind, b.stride, at[0], kind, a.stride, beta.ctypes.data, at[2], kind, out.stride,
            COMPUTE[real, product.rounded], DEFAULT_ALGORITHM,
        )  # fmt: skip


_using = threading.Lock()


@functools.cache
def _bindings() -> Any:
    """Return the module that calls cuBLAS; a test puts a double in its place."""
    return importlib.import_module("nvmath.bindings.cublas")


@functools.cache
def _handle(gpu: int) -> int:
    """Return the state of cuBLAS on a device, made once and kept until the process ends."""
    try:
        handle: int = _bindings().create()
    except (ImportError, RuntimeError) as error:
        raise CudaUnavailable(f"cuBLAS cannot be used ({type(error).__name__}: {error}); needed: {INSTALL}") from error
    _bindings().set_math_mode(handle, DEFAULT_MATH)
    return handle
