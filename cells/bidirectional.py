"""Two directions of one layer: names, and how their outputs become one.

The lecture merges by the mean; PyTorch and Keras concatenate by default. The directions share nothing but the
input, which the reverse direction reads from its end.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
MERGES = ("mean", "concat", "sum")
SUFFIXES = ("", "_reverse")


def merge_outputs(outputs: Sequence[Array], merge: str | None) -> Array:
    """(T, B, H) of each direction, both in the order of time, to (T, B, H), or (T, B, 2 H) for concat."""
    if merge is None:
        return outputs[0]
    if merge == "concat":
        return np.concatenate(outputs, axis=-1)
    total = outputs[0] + outputs[1]
    return total * total.dtype.type(0.5) if merge == "mean" else total


def split_gradient(d_output: Array, merge: str | None) -> tuple[Array, ...]:
    """dL/d output of each direction, in the order of time, from dL/d merged output."""
    if merge is None:
        return (d_output,)
    if merge == "concat":
        hidden = d_output.shape[-1] // 2
        return d_output[..., :hidden], d_output[..., hidden:]
    each = d_output * d_output.dtype.type(0.5) if merge == "mean" else d_output
    return each, each


def in_order(array: Array, direction: int, lengths: Array | None = None) -> Array:
    """Return a (T, B, N) array in the order in which the direction runs through it; its own inverse.

    lengths: (B,), the steps of each row, None where all have T. Each row is turned round inside its own.
    """
    if not direction or lengths is None:
        return np.ascontiguousarray(array[::-1] if direction else array)
    step = np.arange(len(array))[:, None]
    source = np.where(past_end(lengths, len(array)), step, lengths - 1 - step)
    return np.take_along_axis(array, source[..., None], axis=0)


def past_end(lengths: Array, steps: int) -> NDArray[np.bool_]:
    """Say of each step and row, (T, B), whether the row has ended before."""
    past: NDArray[np.bool_] = np.arange(steps)[:, None] >= lengths
    return past


def cut(array: Array, lengths: Array) -> Array:
    """Return a copy of an array (T, B, ...) that is zero past each row's end."""
    out = array.copy(order="C")
    out[past_end(lengths, len(array))] = 0
    return out
