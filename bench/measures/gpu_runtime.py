"""Runtime on the GPU: validated contenders, timed by events, warm and with a cold second-level cache.

An event stands on the stream before and after each call. All calls of a series are queued, and waited for once: where
the GPU is slower than the host, the time is the GPU's; where the host is slower, it is what a caller sees. Before a
cold call 256 MB are written, outside of the events, which also gives the host time to queue the call behind them.
"""

from __future__ import annotations

import functools
import math
import statistics
import time
from collections.abc import Callable

from bench.case import Case
from bench.contenders.gpu import Contender, OwnContender, largest_error, make_contender
from bench.contenders.tolerance import TOLERANCE
from bench.rows import Measurement
from bench.run import gpu_facts as gpu
from cells import count_flops

FLUSH_BYTES = 256 << 20  # more than any second-level cache
SERIES_S = 20e-3  # of a series of calls, about
FEWEST, MOST = 2, 15  # calls of a series
OVERHEADS = 3
READING_S = 5.0  # clocks are read again after so long: nvidia-smi takes as long as a call or two


class EventClock:
    """Times calls on the default stream of the first GPU, which PyTorch's default stream is too."""

    def __init__(self) -> None:
        from cells.cuda.device.memory import empty
        from cells.cuda.device.target import cuda_core

        self._core = cuda_core()
        self._device = self._core.Device(0)
        self._device.set_current()
        self._stream = self._device.default_stream
        self._flushed = empty((FLUSH_BYTES,), "uint8")

    def series(self, call: Callable[[], object], count: int, *, cold: bool = False) -> list[float]:
        """Seconds between the events around each of `count` calls."""
        from cells.cuda.device.memory import clear

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

    def overheads(self, call: Callable[[], object], count: int) -> list[float]:
        """Host seconds of each of `count` calls on an idle GPU, from the call to its return."""
        found = []
        for _ in range(count):
            self._stream.sync()
            start = time.perf_counter()
            call()
            found.append(time.perf_counter() - start)
        self._stream.sync()
        return found


class HostClock:
    """The same calls by the host's clock, for the simulator: the way is tried, and nothing is measured."""

    def series(self, call: Callable[[], object], count: int, *, cold: bool = False) -> list[float]:
        """Seconds of each of `count` calls; a cold one is the same here."""
        return self.overheads(call, count)

    def overheads(self, call: Callable[[], object], count: int) -> list[float]:
        """Seconds of each of `count` calls."""
        found = []
        for _ in range(count):
            start = time.perf_counter()
            call()
            found.append(time.perf_counter() - start)
        return found


@functools.cache
def clock() -> EventClock | HostClock:
    """The clock of this process."""
    from cells.cuda.device.target import SIMULATED

    return HostClock() if SIMULATED else EventClock()


_errors: dict[Case, float] = {}
_last_reading: list[float] = []


def _validated(case: Case, contender: Contender) -> float:
    """The contender's error at this case, from its first block in this process; ValueError if it is too large."""
    if case not in _errors:
        _errors[case] = largest_error(case, contender.results())
    error = _errors[case]
    if not error <= TOLERANCE[case.dtype]:
        raise ValueError(f"error {error:.2e} against float64; allowed: {TOLERANCE[case.dtype]:.0e} for {case.dtype}")
    return error


def measure(case: Case, block: int) -> list[Measurement]:
    """Prepare, validate, time; with the first block also memory, error and operations."""
    contender, events = make_contender(case), clock()
    error = _validated(case, contender)
    once = statistics.median(events.series(contender.call, 2))
    count = min(max(math.ceil(SERIES_S / max(once, 1e-7)), FEWEST), MOST)
    is_due = not _last_reading or time.monotonic() - _last_reading[0] > READING_S
    rows = _readings(case, block, 0) if is_due else []
    series = {
        "event_s": events.series(contender.call, count),
        "event_cold_s": events.series(contender.call, count, cold=True),
        "launch_overhead_s": events.overheads(contender.call, OVERHEADS),
    }
    if case.study == "sharings" and isinstance(contender, OwnContender):
        for metric, loop in contender.time_loops().items():
            loop()  # not counted: graphs are captured now
            series[metric] = events.series(loop, count)
    if is_due:
        rows += _readings(case, block, 1)
        _last_reading[:] = [time.monotonic()]
    for metric, values in series.items():
        rows += [Measurement(case, metric, value, "s", block, replicate) for replicate, value in enumerate(values)]
    if block == 0:
        rows.append(Measurement(case, "validation_error", error, "1"))
        rows.append(Measurement(case, f"flops_{case.direction}", float(_operations(case)), "FLOP"))
        peak = contender.peak_bytes()
        if peak is not None:
            rows.append(Measurement(case, "peak_device_bytes", float(peak), "B"))
    return rows


def _operations(case: Case) -> int:
    sizes = {name: getattr(case, name) for name in ("seq_len", "batch_size", "input_size", "hidden_size")}
    return count_flops(case.cell, **sizes, direction=case.direction)


def _readings(case: Case, block: int, replicate: int) -> list[Measurement]:
    """Clock and slowdowns now: right before an item's samples (replicate 0) or right after them (1)."""
    found = gpu.read()
    if found is None:
        return []
    rows = []
    if found.clock_hz is not None:
        rows.append(Measurement(case, "gpu_clock_hz", found.clock_hz, "Hz", block, replicate))
    if found.reasons is not None:
        why = ", ".join(found.slowdowns)
        rows.append(Measurement(case, "gpu_throttled", float(bool(why)), "1", block, replicate, reason=why))
    return rows
