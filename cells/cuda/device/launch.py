"""Kernels on their way to the device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cells.cuda.device.interface import Launch, Mark
from cells.cuda.device.target import device
from cells.cuda.kernel import Kernel


def launch(
    kernel: Kernel,
    grid: tuple[int, int],
    shared_bytes: int,
    arguments: Sequence[Any],
    *,
    cluster: int = 1,
    together: bool = False,
) -> None:
    """Run a kernel on the current stream; see `cells.cuda.device.interface.Launch`."""
    device().launch(Launch(kernel, grid, shared_bytes, arguments, cluster, together))


def launch_each(kernel: Kernel, grid: tuple[int, int], shared_bytes: int, arguments: Sequence[Sequence[Any]]) -> None:
    """Run a kernel with one set of arguments after the other; they differ in their last numbers alone."""
    device().launch_sequence([Launch(kernel, grid, shared_bytes, given) for given in arguments])


def mark() -> Mark | None:
    """Return the place that the current stream has come to."""
    return device().mark()


def wait_for_mark(place: Mark | None) -> None:
    """Let what the current stream does from now on wait until that place is reached; the host does not wait."""
    device().wait_for(place)
