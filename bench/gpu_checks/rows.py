"""Rows of timed checks on their way into a store of the suite; those of a simulator measure nothing and go nowhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.gpu_checks.check import Check
from bench.gpu_checks.timing import from_item
from bench.run.environment import Environment, code_version
from bench.run.store import Store, Writer


class Rows:
    """Takes items of rows, and knows which are there already."""

    def __init__(self, writer: Writer | None, environment: Environment, done: set[tuple[str, int]]) -> None:
        self._writer, self._environment, self._done = writer, environment, done

    def keep(self, items: Sequence[Mapping[str, Any]]) -> None:
        """Store items, each durably and once; ValueError for what is no row of the suite's schema."""
        for item in items:
            case, block, rows = from_item(item)
            if self._writer is not None:
                self._writer.add(case, block, rows, self._environment, code_version())

    def has(self, check: Check) -> bool:
        """Return whether all rows of a check are in the store: measured by this code, on this machine."""
        return bool(check.items) and all(item in self._done for item in check.items)


@contextmanager
def open_rows(path: Path, facts: Mapping[str, Any]) -> Iterator[Rows]:
    """Open the rows at `path`, of the machine that a worker described."""
    environment = Environment(facts["environment"])
    if facts["simulated"]:
        yield Rows(None, environment, set())
        return
    store = Store(path)
    with store.writing() as writer:
        writer.environment(environment)
        writer.forget_failed(environment, code_version())
        yield Rows(writer, environment, store.done(environment, code_version()))
