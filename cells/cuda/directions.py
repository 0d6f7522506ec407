"""Two directions of one layer on the device: the twin of `cells.bidirectional`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cells.cuda.compile import Kernel
from cells.cuda.launch import launch
from cells.cuda.memory import DeviceArray, empty
from cells.cuda.target import cuda

THREADS = 256
SIGNATURE = ("{0}*", "{0}*", *["int32"] * 7, "{0}")


def make_place(accumulate: bool) -> Callable[..., None]:
    """The kernel behind all of this module: a (T, B, W) block of one array into one of another, or added to it."""

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


def _place(
    source: DeviceArray, target: DeviceArray, *, first: int = 0, reverse: bool = False, scale: float = 1.0,
    accumulate: bool = False
) -> None:  # fmt: skip
    """From source to target; of the wider one, the columns from `first` on."""
    (steps, batch, of_source), of_target = source.shape, target.shape[2]
    width = min(of_source, of_target)
    kernel = Kernel(make_place, (accumulate,), tuple(kind.format(source.dtype.name) for kind in SIGNATURE), THREADS)
    blocks = -(-steps * batch * width // THREADS)
    sizes = (steps, batch, width, of_source, of_target, first, int(reverse))
    launch(kernel, (blocks, 1), 0, (source, target, *sizes, source.dtype.type(scale)))


def in_order(array: DeviceArray, direction: int) -> DeviceArray:
    """A (T, B, W) array in the order in which the direction runs through it; its own inverse."""
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
        _place(outputs[1], out, first=hidden)
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
        _place(d_output, part, first=d * hidden if merge == "concat" else 0, scale=1.0 if merge == "concat" else 0.5)
        parts.append(part)
    return tuple(parts)


def total(arrays: Sequence[DeviceArray]) -> DeviceArray:
    """Their sum; the first one may be overwritten."""
    for array in arrays[1:]:
        _place(array, arrays[0], accumulate=True)
    return arrays[0]


__all__ = ["in_order", "make_place", "merge_outputs", "split_gradient", "total"]
