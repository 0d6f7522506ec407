"""What a layer asks of the CPU: the twin of `cells.cuda.engine`, by the same names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cells.bidirectional import in_order, merge_outputs, split_gradient
from cells.cpu.kernels.finite import all_finite
from cells.cpu.run import Run, RunGradients, backward, forward, infer, profile
from cells.cpu.weights import Weights
from cells.spec import CellSpec
from cells.validation import check_array

Array = NDArray[Any]


def weights(
    spec: CellSpec, parameters: Mapping[str, Array], hidden_size: int, dtype: str, sharing: str | None
) -> Weights:
    """The parameters of one direction, for the kernels."""
    return Weights(spec, parameters, hidden_size)


def check(what: str, given: Any, shape: tuple[int | None, ...], legend: str, dtype: str) -> Array:
    """What is given, as an array of the engine; see `check_array` for what is allowed."""
    if hasattr(given, "__cuda_array_interface__"):
        raise TypeError(f'{what} is in GPU memory; allowed with backend "cpu": NumPy arrays')
    array = check_array(what, given, shape, legend, dtype, all_finite)
    return array


def keep(array: Array, given: Any) -> Array:
    """The array, not sharing memory with what the caller gave."""
    return array.copy() if np.may_share_memory(array, given) else array


def stack(arrays: Sequence[Array]) -> Array:
    """(S, B, H) from arrays (B, H)."""
    return np.stack(arrays)


def total(arrays: Sequence[Array]) -> Array:
    """Their sum."""
    return sum(arrays[1:], arrays[0])


def hand_back(array: Array, like: Any) -> Array:
    """An array for the caller, who gave `like`."""
    return array


__all__ = [
    "Run",
    "RunGradients",
    "Weights",
    "backward",
    "check",
    "forward",
    "hand_back",
    "in_order",
    "infer",
    "keep",
    "merge_outputs",
    "profile",
    "split_gradient",
    "stack",
    "total",
    "weights",
]
