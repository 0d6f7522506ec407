"""The functions that a layer asks of the CPU: `cells.backend.Backend`, and the twin of `cells.cuda.engine`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cells.bidirectional import in_order, merge_outputs, split_gradient
from cells.cpu.kernels.finite import all_finite
from cells.cpu.run import Run, RunGradients, backward, forward, infer, profile, slot_gradients
from cells.cpu.weights import Weights
from cells.kernel_cache import require_compiler
from cells.spec import CellSpec
from cells.validation import check_array

Array = NDArray[Any]


def require() -> None:
    """Return at once: the CPU is always there."""


def array_dtype(dtype: str) -> str:
    """Return the dtype of arrays: that of the layer."""
    return dtype


def weights(
    spec: CellSpec, parameters: Mapping[str, Array], hidden_size: int, dtype: str, sharing: str | None
) -> Weights:
    """Take the parameters of one direction, of `dtype` already.

    ValueError for a sharing: the CPU has none. RuntimeError where numba compiles nothing.
    """
    require_compiler()
    if sharing is not None:
        raise ValueError(f"sharing is {sharing!r} on backend 'cpu'; allowed: None, or backend=\"cuda\"")
    return Weights(spec, parameters, hidden_size)


def check(
    what: str, given: object, shape: tuple[int | None, ...], legend: str, dtype: str, lengths: Array | None = None
) -> Array:
    """Return what a caller gave as a NumPy array; see `check_array` for what is allowed."""
    if hasattr(given, "__cuda_array_interface__"):
        raise TypeError(f'{what} is in GPU memory; allowed with backend "cpu": NumPy arrays')
    return check_array(what, given, shape, legend, dtype, all_finite, lengths)


def keep(array: Array, given: Any) -> Array:
    """Return the array, or a copy where it shares memory with what the caller gave."""
    return array.copy() if np.may_share_memory(array, given) else array


def stack(arrays: Sequence[Array]) -> Array:
    """Stack N arrays (B, H) to (N, B, H)."""
    return np.stack(arrays)


def total(arrays: Sequence[Array]) -> Array:
    """Return the sum of arrays (T, B, I)."""
    return sum(arrays[1:], arrays[0])


def hand_back(array: Array, like: object) -> Array:
    """Return an array to the caller, who gave `like`."""
    return array


if TYPE_CHECKING:
    from cells.backend import Backend
    from cells.cpu import engine

    _: Backend[Array, Weights, Run, RunGradients] = engine

__all__ = [
    "Run",
    "RunGradients",
    "Weights",
    "array_dtype",
    "backward",
    "check",
    "forward",
    "hand_back",
    "in_order",
    "infer",
    "keep",
    "merge_outputs",
    "profile",
    "require",
    "slot_gradients",
    "split_gradient",
    "stack",
    "total",
    "weights",
]
