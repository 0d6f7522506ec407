"""Runtime of every contender, in shuffled blocks, through pytest-benchmark; and the time to a first result."""

from __future__ import annotations

import pytest

from bench.measures.runtime import Prepared
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
        prepared = Prepared(item.case, item.block)
        benchmark.pedantic(
            lambda: clock.advance(prepared.sample()), rounds=item.study.rounds or recorder.preset.rounds, iterations=1
        )
        rows += prepared.rows(list(benchmark.stats.stats.data))
