"""A product over all steps: by NVIDIA's cuBLAS where its bindings are installed, else by our own kernels."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from cells.cuda import kernel
from cells.cuda.device import target
from cells.cuda.device.launch import launch
from cells.cuda.device.memory import DeviceArray, empty
from cells.cuda.device.stream import current_stream
from cells.cuda.products import cublas, product
from cells.cuda.products.matrices import Matrix, MatrixProduct
from cells.cuda.products.product import Call
from cells.unknown import unknown

PROVIDERS = ("cublas", "own")
_provider: ContextVar[str | None] = ContextVar("provider", default=None)


class DeviceMatrix(NamedTuple):
    """A matrix, and the array on the device that it lies in."""

    array: DeviceArray
    matrix: Matrix


def provider() -> str:
    """Who multiplies here: "cublas" where nvmath-python and cuBLAS are installed, unless `using_products` says else."""
    return _provider.get() or ("cublas" if cublas.available() else "own")


@contextmanager
def using_products(name: str) -> Iterator[None]:
    """Products inside are made by "cublas" or by "own" kernels."""
    if name not in PROVIDERS:
        raise ValueError(unknown("provider of products", name, PROVIDERS))
    token = _provider.set(name)
    try:
        yield
    finally:
        _provider.reset(token)


def multiply(
    a: DeviceMatrix,
    b: DeviceMatrix,
    out: DeviceMatrix,
    *,
    a_transposed: bool = False,
    b_transposed: bool = False,
    bias: DeviceArray | None = None,
    rounded: bool = False,
) -> None:
    """Out = op(a) op(b) + bias[column]; op transposes where asked; rounded: operands to bfloat16, sums in float32."""
    real = a.array.dtype.name
    asked = MatrixProduct(a.matrix, b.matrix, out.matrix, real, a_transposed, b_transposed, rounded)
    if provider() == "cublas":
        if bias is not None:  # its rows stand in `out` before, and the product is added to them
            _broadcast(bias, out)
        addresses = (a.array.address, b.array.address, out.array.address)
        cublas.multiply(asked, addresses, accumulate=bias is not None, stream=int(current_stream().handle))
        return
    multiprocessors = target.facts().multiprocessors
    calls = product.product_calls(asked, bias=bias is not None, multiprocessors=multiprocessors)
    _launch_all(calls, (a.array, b.array, a.array if bias is None else bias, out.array))


def sum_rows(a: DeviceMatrix, out: DeviceMatrix) -> None:
    """Set `out`, a matrix of one row, to the sum of the rows of `a`."""
    real, multiprocessors = a.array.dtype.name, target.facts().multiprocessors
    calls = product.column_sum_calls(a.matrix, out.matrix, real=real, multiprocessors=multiprocessors)
    _launch_all(calls, (a.array, a.array, a.array, out.array))


def _broadcast(bias: DeviceArray, given: DeviceMatrix) -> None:
    """Set every row of the matrix to the bias."""
    out = given.matrix
    filling = kernel.fill(bias.dtype.name)
    grid = (-(-out.rows * out.columns // filling.threads), 1)
    launch(filling, grid, 0, (bias, given.array, out.rows, out.columns, out.first, out.stride))


def _launch_all(calls: list[Call], pointers: tuple[Any, ...]) -> None:
    size = product.scratch_size(calls)
    scratch = empty((size,), pointers[0].dtype) if size else pointers[0]
    for call in calls:
        launch(call.kernel, call.grid, call.shared_bytes, (*pointers, scratch, *call.scalars))
