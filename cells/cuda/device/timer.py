"""What times calls on a device: events on the GPU's stream, or the host's clock where work is done at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from cells.cuda.device.memory import clear, empty
from cells.cuda.device.target import cuda_core

Call = Callable[[], object]
FLUSH_BYTES = 256 << 20
"""More than any second-level cache holds."""


class Timer(Protocol):
    """Times calls on the default stream."""

    def series(self, call: Call, count: int, *, cold: bool = False) -> list[float]:
        """Return the device's seconds of each of `count` calls, with a cold second-level cache if that is asked for."""

    def overheads(self, call: Call, count: int) -> list[float]:
        """Return the host's seconds of each of `count` calls on an idle device, from the call to its return."""


class StreamTimer:
    """Times calls on the default stream of the first GPU, which PyTorch's default stream is too."""

    def __init__(self) -> None:
        self._core = cuda_core()
        self._device = self._core.Device(0)
        self._device.set_current()
        self._stream = self._device.default_stream
        self._flushed = empty((FLUSH_BYTES,), "uint8")

    def series(self, call: Call, count: int, *, cold: bool = False) -> list[float]:
        """Return the seconds between the events around each of `count` calls."""
        options = self._core.EventOptions(timing_enabled=True)
        pairs = [(self._device.create_event(options), self._device.create_event(options)) for _ in range(count)]
        self._stream.sync()
        for start, stop in pairs:
            if cold:
                clear(self._flushed)
            self._stream.record(start)
            call()
            self._stream.record(stop)
        self._stream.sync()
        return [float(stop - start) * 1e-3 for start, stop in pairs]

    def overheads(self, call: Call, count: int) -> list[float]:
        """Return the host's seconds of each of `count` calls on an idle GPU, from the call to its return."""
        seconds = []
        for _ in range(count):
            self._stream.sync()
            start = time.perf_counter()
            call()
            seconds.append(time.perf_counter() - start)
        self._stream.sync()
        return seconds


class HostTimer:
    """Times the same calls by the host's clock: the way is tried, and nothing is measured."""

    def series(self, call: Call, count: int, *, cold: bool = False) -> list[float]:
        """Return the seconds of each of `count` calls; a cold one is the same here."""
        return self.overheads(call, count)

    def overheads(self, call: Call, count: int) -> list[float]:
        """Return the seconds of each of `count` calls."""
        seconds = []
        for _ in range(count):
            start = time.perf_counter()
            call()
            seconds.append(time.perf_counter() - start)
        return seconds
