"""Weights as the tile reads them, and the padding that spares every kernel its tails.

The unit axis of every array the kernels touch is padded to whole vectors ("width"). Padded weights are zero, so
padded units get zero gradients and never reach a real one. A packed matrix (depth, columns) is a run of panels of
`vectors` vectors each, every panel contiguous over the depth; the last may have fewer vectors.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cells.cpu.target import target
from cells.spec import CellSpec

Array = NDArray[Any]
CACHE_LINE = 64


def width(size: int, dtype: str) -> int:
    """`size` rounded up to whole vectors."""
    lanes = target().lanes(np.dtype(dtype).itemsize)
    return -(-size // lanes) * lanes


def aligned(shape: tuple[int, ...], dtype: str) -> Array:
    """Uninitialised array that starts on a cache line: a vector across two lines is loaded twice."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    raw = np.empty(size + CACHE_LINE, np.uint8)
    start = -raw.ctypes.data % CACHE_LINE
    return raw[start : start + size].view(dtype).reshape(shape)


def gate_rows(spec: CellSpec, weight: Array, gates: tuple[str, ...], hidden_size: int) -> Array:
    """The blocks of `gates` one under another, units padded: (len(gates) * width(H), width(columns))."""
    dtype = weight.dtype.name
    columns = weight.shape[1]
    rows = np.zeros((len(gates), width(hidden_size, dtype), width(columns, dtype)), dtype)
    for place, gate in enumerate(gates):
        rows[place, :hidden_size, :columns] = spec.gate_block(weight, gate, hidden_size)
    return rows.reshape(-1, rows.shape[-1])


def pack(matrix: Array) -> Array:
    """Panels of a (depth, columns) matrix, columns a whole number of vectors, as one contiguous run."""
    panel = target().vectors * target().lanes(matrix.itemsize)
    depth, columns = matrix.shape
    whole = columns - columns % panel
    panels = matrix[:, :whole].reshape(depth, whole // panel, panel).swapaxes(0, 1)
    packed = aligned((matrix.size,), matrix.dtype.name)
    packed[: panels.size].reshape(panels.shape)[:] = panels
    packed[panels.size :].reshape(depth, columns - whole)[:] = matrix[:, whole:]
    return packed


def slot_bias(spec: CellSpec, parameters: Mapping[str, Array], hidden_size: int, dtype: str) -> Array:
    """What each slot starts from before the products are added: (P * width(H),)."""
    bias = np.zeros((len(spec.slots), width(hidden_size, dtype)), dtype)
    runs = (
        ("bias_ih_l0", 0, spec.input_gates),
        ("bias_hh_l0", spec.recurrent_first, spec.recurrent_gates),
        ("bias_hh_l0", spec.masked_first, spec.masked_gates),
    )
    for name, first, gates in runs:
        for place, gate in enumerate(gates):
            bias[first + place, :hidden_size] += spec.gate_block(parameters[name], gate, hidden_size)
    return bias.ravel()
