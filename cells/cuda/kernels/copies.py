"""Kernels that only move numbers: between arrays of other widths, and one row into many."""

from __future__ import annotations

from collections.abc import Callable

from cells.cuda.kernel import COPYING as THREADS
from cells.cuda.kernels.instructions import cuda


def make_place(accumulate: bool) -> Callable[..., None]:
    """Make the kernel that copies a block (T, B, W) of one array to a block of another, scaled, or adds it there.

    A block has `width` columns: of the source's source_width from source_first on, of the target's from target_first.
    reverse: steps of the source are read from the last one back.
    """

    def place(
        source, target, steps, batch, width, source_width, source_first, target_width, target_first, reverse, scale
    ):
        i = cuda.blockIdx.x * THREADS + cuda.threadIdx.x
        if i < steps * batch * width:
            row, column = i // width, i % width
            step, b = row // batch, row % batch
            from_step = steps - 1 - step if reverse != 0 else step
            value = source[(from_step * batch + b) * source_width + source_first + column] * scale
            at = row * target_width + target_first + column
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
