"""A product over all steps: by NVIDIA's cuBLAS where its bindings are installed, else by our own kernels."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from cells.cuda import kernel
from cells.cuda.device import target
from cells.cuda.device.launch import launch
from cells.cuda.device.memory import DeviceArray, empty
from cells.cuda.device.stream import current_stream
from cells.cuda.products import cublas, product
from cells.cuda.products.product import Call, Matrix

PROVIDERS = ("cublas", "own")
_provider: ContextVar[str | None] = ContextVar("provider", default=None)


def provider() -> str:
    """Who multiplies here: "cublas" where nvmath-python and cuBLAS are installed, unless `using_products` says else."""
    return _provider.get() or ("cublas" if cublas.available() else "own")


@contextmanager
def using_products(name: str) -> Iterator[None]:
    """Products inside are made by "cublas" or by "own" kernels."""
    if name not in PROVIDERS:
        raise ValueError(f"unknown provider of products {name!r}; known: {', '.join(PROVIDERS)}")
    token = _provider.set(name)
    try:
        yield
    finally:
        _provider.reset(token)


def multiply(
    one: DeviceArray,
    a: Matrix,
    two: DeviceArray,
    b: Matrix,
    result: DeviceArray,
    out: Matrix,
    *,
    a_transposed: bool = False,
    b_transposed: bool = False,
    bias: DeviceArray | None = None,
    rounded: bool = False,
) -> None:
    """result[out] = op(one[a]) op(two[b]) + bias[column]; rounded: operands to bfloat16, sums in float32."""
    real = one.dtype.name
    if provider() == "cublas":
        if bias is not None:  # its rows stand in `out` before, and the product is added to them
            _broadcast(bias, result, out)
        cublas.multiply(
            a, b, out, (one.address, two.address, result.address), a_transposed=a_transposed,
            b_transposed=b_transposed, rounded=rounded, real=real, accumulate=bias is not None,
            stream=int(current_stream().handle),
        )  # fmt: skip
        return
    calls = product.product_calls(
        a, b, out, a_transposed=a_transposed, b_transposed=b_transposed, bias=bias is not None, rounded=rounded,
        real=real, multiprocessors=target.facts().multiprocessors,
    )  # fmt: skip
    _launch_all(calls, (one, two, one if bias is None else bias, result))


def sum_rows(given: DeviceArray, a: Matrix, result: DeviceArray, out: Matrix) -> None:
    """result[out], one row, = the sum of the rows of given[a]."""
    calls = product.column_sum_calls(a, out, real=given.dtype.name, multiprocessors=target.facts().multiprocessors)
    _launch_all(calls, (given, given, given, result))


def _broadcast(bias: DeviceArray, result: DeviceArray, out: Matrix) -> None:
    """Every row of result[out] = bias."""
    filling = kernel.fill(bias.dtype.name)
    grid = (-(-out.rows * out.columns // filling.threads), 1)
    launch(filling, grid, 0, (bias, result, out.rows, out.columns, out.first, out.stride))


def _launch_all(calls: list[Call], pointers: tuple[Any, ...]) -> None:
    size = product.scratch_size(calls)
    scratch = empty((size,), pointers[0].dtype) if size else pointers[0]
    for call in calls:
        launch(call.kernel, call.grid, call.shared_bytes, (*pointers, scratch, *call.scalars))
