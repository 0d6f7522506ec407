"""Run a plan without pytest: the same items, the same measures, the same store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass
from typing import Any

from bench.contenders.process import stop_peers
from bench.rows import Measurement
from bench.run.environment import Environment, this_environment
from bench.run.plan import missing, planned
from bench.run.store import Store
from bench.run.writer import Run
from bench.study import Item

Rows = list[Measurement]


@dataclass(frozen=True)
class Outcome:
    """Counts of items measured now and stored before, and (label, reason) of every item that failed, now or before."""

    measured: int
    already_there: int
    failed: tuple[tuple[str, str], ...]
    failed_before: tuple[tuple[str, str], ...]


def measure_item(item: Item) -> Rows:
    """Measure an item; an error becomes a failed row that keeps its reason."""
    try:
        return item.measure()
    except Exception as error:  # recorded and reported: one bad case must not end a long run
        return failure(item, error)


def failure(item: Item, error: BaseException) -> Rows:
    """Make the one row of an item that raised."""
    reason = f"{type(error).__name__}: {error}"
    return [Measurement(item.case, "failure", None, "", item.block, status="failed", reason=reason)]


def run(
    items: Sequence[Item],
    store: Store,
    executor: Executor | None = None,
    progress: Callable[[int], Any] | None = None,
    environment: Environment | None = None,
) -> Outcome:
    """Measure what the store does not have. Each item is stored the moment it is measured.

    `executor` may run the items whose result does not depend on the clock; timed ones always run here, one at a
    time, after the others have ended. `progress(total)` gives a bar with `update()` and `close()`.
    """
    environment = environment or this_environment()
    todo = missing(items, store.done(environment))
    reasons = store.failures(environment)
    failed_before = [(item.case.label, reasons[item.key]) for item in items if item.key in reasons]
    bar = progress(len(todo)) if progress else None
    failed: list[tuple[str, str]] = []

    def keep(current: Run, item: Item, rows: Rows) -> None:
        current.add(item.case, item.block, rows, item.version)
        failed.extend((item.case.label, row.reason) for row in rows if row.status == "failed")
        if bar is not None:
            bar.update()

    try:
        with store.writing() as writer, writer.run(environment, planned(items)) as current:
            anywhere = [item for item in todo if executor is not None and not item.study.timed]
            if executor is not None:
                waiting = {executor.submit(measure_item, item): item for item in anywhere}
                for future in as_completed(waiting):
                    keep(current, waiting[future], future.result())
            for item in todo:
                if executor is None or item.study.timed:
                    keep(current, item, measure_item(item))
    finally:
        if bar is not None:
            bar.close()
        stop_peers()
    return Outcome(len(todo), len(items) - len(todo), tuple(failed), tuple(failed_before))
