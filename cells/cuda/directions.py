"""Two directions of one layer on the device: the twin of `cells.bidirectional`."""

from __future__ import annotations

from collections.abc import Sequence

from cells.cuda import kernel
from cells.cuda.device.launch import launch
from cells.cuda.device.memory import DeviceArray, empty


def _place(
    source: DeviceArray,
    target: DeviceArray,
    *,
    source_first: int = 0,
    target_first: int = 0,
    reverse: bool = False,
    scale: float = 1.0,
    accumulate: bool = False,
) -> None:
    """Copy from source to target as many columns as both have: of each those from its own first one on."""
    (steps, batch, source_width), target_width = source.shape, target.shape[2]
    width = min(source_width - source_first, target_width - target_first)
    placing = kernel.place(source.dtype.name, accumulate)
    blocks = -(-steps * batch * width // placing.threads)
    sizes = (steps, batch, width, source_width, source_first, target_width, target_first, int(reverse))
    launch(placing, (blocks, 1), 0, (source, target, *sizes, source.dtype.type(scale)))


def in_order(array: DeviceArray, direction: int) -> DeviceArray:
    """Return a (T, B, W) array in the order in which the direction runs through it; its own inverse."""
    if not direction:
        return array
    out = empty(array.shape, array.dtype)
    _place(array, out, reverse=True)
    return out


def merge_outputs(outputs: Sequence[DeviceArray], merge: str | None) -> DeviceArray:
    """(T, B, H) of each direction, both in the order of time, to (T, B, H), or (T, B, 2 H) for concat."""
    if merge is None:
        return outputs[0]
    steps, batch, hidden = outputs[0].shape
    scale = 0.5 if merge == "mean" else 1.0
    out = empty((steps, batch, 2 * hidden if merge == "concat" else hidden), outputs[0].dtype)
    _place(outputs[0], out, scale=scale)
    if merge == "concat":
        _place(outputs[1], out, target_first=hidden)
    else:
        _place(outputs[1], out, scale=scale, accumulate=True)
    return out


def split_gradient(d_output: DeviceArray, merge: str | None) -> tuple[DeviceArray, ...]:
    """dL/d output of each direction, in the order of time, from dL/d merged output."""
    if merge in (None, "sum"):
        return (d_output,) * (1 if merge is None else 2)
    steps, batch, width = d_output.shape
    hidden = width // 2 if merge == "concat" else width
    parts = []
    for d in range(2):
        part = empty((steps, batch, hidden), d_output.dtype)
        if merge == "concat":
            _place(d_output, part, source_first=d * hidden)
        else:
            _place(d_output, part, scale=0.5)
        parts.append(part)
    return tuple(parts)


def total(arrays: Sequence[DeviceArray]) -> DeviceArray:
    """Their sum; the first one may be overwritten."""
    for array in arrays[1:]:
        _place(array, arrays[0], accumulate=True)
    return arrays[0]


__all__ = ["in_order", "merge_outputs", "split_gradient", "total"]
