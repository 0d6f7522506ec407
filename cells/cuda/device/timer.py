"""What times calls on a device, and the host's clock, which is enough where work is done at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

Call = Callable[[], object]


class Timer(Protocol):
    """Times calls on the default stream."""

    def series(self, call: Call, count: int, *, cold: bool = False) -> list[float]:
        """Return the device's seconds of each of `count` calls, with a cold second-level cache if that is asked for."""

    def overheads(self, call: Call, count: int) -> list[float]:
        """Return the host's seconds of each of `count` calls on an idle device, from the call to its return."""


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
