"""Kernels that only move numbers: between arrays of other widths, and one row into many."""

from __future__ import annotations

from collections.abc import Callable

from cells.cuda.kernel import COPYING as THREADS
from cells.cuda.kernels.instructions import cuda


def make_place(accumulate: bool) -> Callable[..., None]:
    """Make the kernel behind all of this module: a (T, B, W) block of one array into one of another, or added to it."""

    def place(source, target, steps, batch, width, of_source, of_target, first, reverse, scale):
        i = cuda.blockIdx.x * THREADS + cuda.threadIdx.x
        if i < steps * batch * width:
            row, column = i // width, i % width
            step, b = row // batch, row % batch
            from_step = steps - 1 - step if reverse != 0 else step
            value = (
                source[(from_step * batch + b) * of_source + column + (first if of_source > of_target else 0)] * scale
            )
            at = row * of_target + column + (first if of_target >= of_source else 0)
            if accumulate:
                target[at] += value
            else:
                target[at] = value

    return place


def make_fill() -> Callable[..., None]:
    """Make the kernel of `_broadcast`: out[first + row * stride + column] = bias[column]."""

    def fill(bias, out, rows, columns, first, stride):
        i = cuda.blockIdx.x * THREADS + cuda.threadIdx.x
        if i < rows * columns:
            out[first + i // columns * stride + i % columns] = bias[i % columns]

    return fill
