"""The stream that work goes to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from cells.cuda.device.target import cuda_core

LEGACY_STREAM = 1  # the default stream's handle where 0 is not allowed

_stream: ContextVar[Any] = ContextVar("stream", default=None)


@contextmanager
def using_stream(stream: Any) -> Iterator[None]:
    """Send work inside to this stream: anything with `__cuda_stream__`, as of cuda.core and PyTorch, or None.

    Arrays are made and freed in the order of the stream they were made on: another one that uses them waits for it.
    """
    if stream is not None and not hasattr(stream, "__cuda_stream__"):
        raise TypeError(f"stream is {type(stream).__name__}; allowed: an object with __cuda_stream__, or None")
    token = _stream.set(stream)
    try:
        yield
    finally:
        _stream.reset(token)


def current_stream() -> Any:
    """Return the stream that work goes to now: the device's default one unless `using_stream` says otherwise."""
    core = cuda_core()
    stream = _stream.get()
    device = core.Device(0)
    device.set_current()
    if stream is None:
        return device.default_stream
    return stream if isinstance(stream, core.Stream) else device.create_stream(stream)


def current_handle() -> int:
    """Return the handle of the current stream, by a number that is never 0."""
    return int(current_stream().handle) or LEGACY_STREAM
