"""Runtime of every contender, in shuffled blocks, through pytest-benchmark; and the time to a first result."""

from __future__ import annotations

import pytest

from bench.plugin import Recorder
from bench.study import Item

STUDIES = ("compile", "peak", "steps", "runtime", "parallel", "grid", "gpu", "sharings")
SAMPLED = ("runtime", "parallel", "grid")


class SampleClock:
    """A clock that moves by what a contender measured: a peer's time is taken in its own process."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Seconds since the first sample."""
        return self.now

    def advance(self, seconds: float) -> None:
        """Move on."""
        self.now += seconds


clock = SampleClock()


@pytest.mark.benchmark(timer=clock)
def test_runtime(item: Item, recorder: Recorder, request: pytest.FixtureRequest) -> None:
    """Validated against float64, then sampled; the other timed studies take their own times."""
    with recorder.record(item) as rows:
        if item.study.name not in SAMPLED:
            rows += item.study.measure(item.case, item.block)
            return
        benchmark = request.getfixturevalue("benchmark")
        benchmark.group = (
            f"{item.case.direction} T={item.case.seq_len} B={item.case.batch_size} H={item.case.hidden_size}"
        )
        rows += item.study.measure(item.case, item.block)
        samples = [row.value for row in rows if row.metric == "elapsed_s" and row.value is not None]
        seconds = iter(samples)
        benchmark.pedantic(lambda: clock.advance(next(seconds)), rounds=len(samples), iterations=1)
