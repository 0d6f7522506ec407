"""The functions that a layer asks of the GPU: `cells.backend.Backend`, and the twin of `cells.cpu.engine`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from cells.cuda.device.memory import DeviceArray, copy, empty, on_device, to_device
from cells.cuda.device.target import require
from cells.cuda.directions import in_order as turned
from cells.cuda.directions import merge_outputs, split_gradient, total
from cells.cuda.run import Run, RunGradients, backward, forward, infer, profile, slot_gradients, whole_rows
from cells.cuda.weights import Weights
from cells.spec import CellSpec
from cells.validation import check_array, check_shape

Array = NDArray[Any]


def array_dtype(dtype: str) -> str:
    """Return the dtype of arrays: with bfloat16 they are float32, and products round their operands."""
    return "float32" if dtype == "bfloat16" else dtype


def weights(
    spec: CellSpec, parameters: Mapping[str, Array], hidden_size: int, dtype: str, sharing: str | None
) -> Weights:
    """Take the parameters of one direction."""
    return Weights(spec, parameters, hidden_size, dtype, sharing)


def check(
    what: str,
    given: Any,
    shape: tuple[int | None, ...],
    legend: str,
    dtype: str,
    lengths: Array | None = None,
) -> DeviceArray:
    """Return what a caller gave as an array on the device; ValueError for lengths, which the GPU has not.

    NumPy arrays are checked as by `check_array`; a device array has the right dtype already, and its numbers are not
    looked at.
    """
    whole_rows(lengths)
    if not on_device(given):
        return to_device(check_array(what, given, shape, legend, dtype))
    array = to_device(given)
    check_shape(what, array.shape, shape, legend)
    if array.dtype.name != dtype:
        raise TypeError(f"{what} has dtype {array.dtype} in GPU memory; allowed: {dtype}")
    return array


def keep(array: DeviceArray, given: object) -> DeviceArray:
    """Return the array, or a copy where it shares memory with what the caller gave."""
    if not on_device(given):
        return array
    kept = empty(array.shape, array.dtype)
    copy(array, kept)
    return kept


def stack(arrays: Sequence[DeviceArray]) -> DeviceArray:
    """Stack N arrays (B, H) to (N, B, H)."""
    out = empty((len(arrays), *arrays[0].shape), arrays[0].dtype)
    for n, array in enumerate(arrays):
        copy(array, out[n])
    return out


def in_order(array: DeviceArray, direction: int, lengths: Array | None = None) -> DeviceArray:
    """Return a (T, B, W) array in the order in which the direction runs through it; its own inverse."""
    whole_rows(lengths)
    return turned(array, direction)


def hand_back(array: DeviceArray, like: object) -> DeviceArray | Array:
    """Return an array to the caller who gave `like`: on the device if that was there, else as NumPy."""
    return array if on_device(like) else array.numpy()


if TYPE_CHECKING:
    from cells.backend import Backend
    from cells.cuda import engine

    _: Backend[DeviceArray, Weights, Run, RunGradients] = engine

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
