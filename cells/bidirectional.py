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


def in_order(array: Array, direction: int) -> Array:
    """Return a (T, ...) array in the order in which the direction runs through it; its own inverse."""
    return np.ascontiguousarray(array[::-1] if direction else array)
