"""What a layer asks of the GPU: the twin of `cells.cpu.engine`, by the same names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cells.cuda.device.memory import DeviceArray, copy, empty, on_device, to_device
from cells.cuda.directions import in_order, merge_outputs, split_gradient, total
from cells.cuda.run import Run, RunGradients, backward, forward, infer, profile
from cells.cuda.weights import Weights
from cells.spec import CellSpec
from cells.validation import check_array, check_shape

Array = NDArray[Any]


def weights(
    spec: CellSpec, parameters: Mapping[str, Array], hidden_size: int, dtype: str, sharing: str | None
) -> Weights:
    """The parameters of one direction, for the kernels."""
    return Weights(spec, parameters, hidden_size, dtype, sharing)


def check(what: str, given: Any, shape: tuple[int | None, ...], legend: str, dtype: str) -> DeviceArray:
    """What is given, on the device. NumPy arrays as in `check_array`; a device array has the right dtype already, and
    its numbers are not looked at.
    """
    if not on_device(given):
        return to_device(check_array(what, given, shape, legend, dtype))
    array = to_device(given)
    check_shape(what, array.shape, shape, legend)
    if array.dtype.name != dtype:
        raise TypeError(f"{what} has dtype {array.dtype} in GPU memory; allowed: {dtype}")
    return array


def keep(array: DeviceArray, given: Any) -> DeviceArray:
    """The array, not sharing memory with what the caller gave."""
    if not on_device(given):
        return array
    own = empty(array.shape, array.dtype)
    copy(array, own)
    return own


def stack(arrays: Sequence[DeviceArray]) -> DeviceArray:
    """(S, B, H) from arrays (B, H)."""
    out = empty((len(arrays), *arrays[0].shape), arrays[0].dtype)
    for s, array in enumerate(arrays):
        copy(array, out[s])
    return out


def hand_back(array: DeviceArray | Array, like: Any) -> Any:
    """An array for the caller, who gave `like`: on the device if that was there, else NumPy."""
    if on_device(like) or isinstance(array, np.ndarray):
        return array
    return array.numpy()


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
