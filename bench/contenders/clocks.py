"""Clocks: of the host, of a peer's own process, and of events on the GPU's stream.

Each is bound to the calls of one prepared contender and gives samples by the same interface, `Clock`. Nothing of
`cells` is imported with this module: a peer's process times with it, too.
"""

from __future__ import annotations

import contextlib
import math
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

Call = Callable[[], object]
SAMPLE_S = 2e-3
"""A sample by the host's clock lasts at least this long: a thousand times the clock's resolution."""
RESTING_S = 3e-3
"""After a call our own threads look out for work for a millisecond; a peer must not feel it."""

SERIES_S = 20e-3
"""Length of a series of calls on the GPU, about."""
FEWEST = 2
OVERHEADS = 3


@dataclass(frozen=True)
class Sample:
    """One number about a prepared contender, as a row of the case has it."""

    metric: str
    value: float
    unit: str = "s"
    replicate: int = 0
    reason: str = ""


class Clock(Protocol):
    """Times the calls of one prepared contender."""

    def samples(self, rounds: int) -> list[Sample]:
        """Take at most `rounds` samples of each time that this clock tells apart."""


class WallClock:
    """Times calls by the host's clock, each sample the mean over as many calls as fill `SAMPLE_S`.

    `within` makes the context in which a sample's calls are made; it is entered before the clock starts.
    """

    def __init__(
        self, call: Call, within: Callable[[], contextlib.AbstractContextManager[Any]] = contextlib.nullcontext
    ) -> None:
        self._call = call
        self._within = within

    def samples(self, rounds: int) -> list[Sample]:
        """Take `rounds` samples of elapsed_s."""
        return _means(self.time, rounds)

    def time(self, calls: int) -> float:
        """Return the seconds of that many calls in a row, after one that is not counted and wakes whoever sleeps."""
        call = self._call
        with self._within():
            call()
            start = time.perf_counter()
            for _ in range(calls):
                call()
            return time.perf_counter() - start


class PeerClock:
    """Times calls by the clock of a peer's own process, which `time(calls)` asks for seconds."""

    def __init__(self, time: Callable[[int], float]) -> None:
        self._time = time

    def samples(self, rounds: int) -> list[Sample]:
        """Take `rounds` samples of elapsed_s, each after our own threads have gone to sleep."""
        return _means(self._rested, rounds)

    def _rested(self, calls: int) -> float:
        time.sleep(RESTING_S)
        return self._time(calls)


def _means(time: Callable[[int], float], rounds: int) -> list[Sample]:
    time(1)
    once = time(1)
    calls = max(1, math.ceil(SAMPLE_S / max(once, 1e-7)))
    return [Sample("elapsed_s", time(calls) / calls, replicate=replicate) for replicate in range(rounds)]


class EventClock:
    """Times calls between events on the GPU's stream, warm and with a cold second-level cache.

    An event stands on the stream before and after each call. All calls of a series are queued, and waited for once:
    where the GPU is slower than the host, the time is the GPU's; where the host is slower, it is what a caller sees.
    Before a cold call 256 MB are written, outside of the events, which also gives the host time to queue the call
    behind them.

    `loops` gives parts of the call that are timed on their own, by metric, after the calls themselves. With `state` the
    GPU's clock and what slows it down are read before and after the samples.
    """

    def __init__(self, call: Call, loops: Callable[[], Mapping[str, Call]] = dict, *, state: bool = False) -> None:
        self._call = call
        self._loops = loops
        self._state = state

    def samples(self, rounds: int) -> list[Sample]:
        """Take as many samples as fill `SERIES_S`, from `FEWEST` to `rounds`, and `OVERHEADS` of the launch."""
        from cells.cuda.device.target import device

        timer = device().timer()
        call = self._call
        once = statistics.median(timer.series(call, 2))
        count = max(min(math.ceil(SERIES_S / max(once, 1e-7)), rounds), FEWEST)
        samples = _state_now(0) if self._state else []
        series = {
            "event_s": timer.series(call, count),
            "event_cold_s": timer.series(call, count, cold=True),
            "launch_overhead_s": timer.overheads(call, OVERHEADS),
        }
        for metric, loop in self._loops().items():
            loop()  # not counted: graphs are captured now
            series[metric] = timer.series(loop, count)
        samples += _state_now(1) if self._state else []
        for metric, values in series.items():
            samples += [Sample(metric, value, replicate=replicate) for replicate, value in enumerate(values)]
        return samples


def _state_now(replicate: int) -> list[Sample]:
    """Read the GPU's clock and slowdowns: right before an item's samples (replicate 0) or right after them (1)."""
    from bench.run import gpu_facts

    reading = gpu_facts.read()
    samples: list[Sample] = []
    if reading is None:
        return samples
    if reading.clock_hz is not None:
        samples.append(Sample("gpu_clock_hz", reading.clock_hz, "Hz", replicate))
    if reading.reasons is not None:
        why = ", ".join(reading.slowdowns)
        samples.append(Sample("gpu_throttled", float(bool(why)), "1", replicate, why))
    return samples
