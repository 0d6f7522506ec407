"""Every study through pytest: each missing item of the preset is one test, collected with `--benchmark` only.

A measure takes its own samples, by the clock that fits the contender (a peer's time is taken in its own process). They
are replayed to pytest-benchmark, so that its table and its JSON have them too.
"""

from __future__ import annotations

import pytest

from bench.plugin import Recorder
from bench.study import Item

SAMPLES = ("elapsed_s", "event_s")
"""Metrics whose rows are single calls in seconds: what pytest-benchmark's table shows."""


class ReplayClock:
    """A clock that stands still but for the samples that are replayed."""

    def __init__(self) -> None:
        self._now = 0.0

    def __call__(self) -> float:
        """Tell the seconds since the first sample."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move on by one sample."""
        self._now += seconds


clock = ReplayClock()


@pytest.mark.benchmark(timer=clock)
def test_study(item: Item, recorder: Recorder, request: pytest.FixtureRequest) -> None:
    """Measure the item and store its rows; show its samples to pytest-benchmark where it has any."""
    rows = recorder.measure(item)
    samples = [row.value for row in rows if row.metric in SAMPLES and row.value is not None]
    if not samples:
        return
    case = item.case
    benchmark = request.getfixturevalue("benchmark")
    benchmark.group = f"{case.direction} T={case.seq_len} B={case.batch_size} H={case.hidden_size}"
    replay = iter(samples)
    benchmark.pedantic(lambda: clock.advance(next(replay)), rounds=len(samples), iterations=1)
