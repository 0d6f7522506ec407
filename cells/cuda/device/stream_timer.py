"""The clock of a GPU: events on its stream."""

from __future__ import annotations

import time

from cells.cuda.device.memory import clear, empty
from cells.cuda.device.target import cuda_core
from cells.cuda.device.timer import Call

FLUSH_BYTES = 256 << 20
"""More than any second-level cache holds."""


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
