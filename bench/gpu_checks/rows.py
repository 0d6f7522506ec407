"""Rows of timed checks on their way into a store of the suite; those of a simulator measure nothing and go nowhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.case import Case
from bench.gpu_checks.check import Check
from bench.gpu_checks.timing import from_item
from bench.measures import runtime
from bench.run.code import code_version
from bench.run.environment import Environment
from bench.run.store import Store
from bench.run.writer import Run


class Rows:
    """Takes items of rows, and knows which are there already."""

    def __init__(self, run: Run | None, done: set[tuple[str, int]]) -> None:
        self._run = run
        self._done = done

    def keep(self, items: Sequence[Mapping[str, Any]]) -> None:
        """Store items, each durably and once; ValueError for what is no row of the suite's schema."""
        for item in items:
            case, block, rows = from_item(item)
            if self._run is not None:
                self._run.add(case, block, rows, _version(case))

    def has(self, check: Check) -> bool:
        """Return whether all rows of a check are in the store: measured by this code, on this machine."""
        return bool(check.items) and all(item in self._done for item in check.items)


@contextmanager
def open_rows(path: Path, facts: Mapping[str, Any]) -> Iterator[Rows]:
    """Open the rows at `path`, of the machine that a worker described."""
    environment = Environment(facts["environment"])
    if facts["simulated"]:
        yield Rows(None, set())
        return
    store = Store(path)
    with store.writing() as writer:
        valid = _versions()
        writer.forget_failed(environment, {key for key in store.done(environment) if key[2] in valid})
        done = {(key, block) for key, block, version in store.done(environment) if version in valid}
        with writer.run(environment) as run:
            yield Rows(run, done)


def _version(case: Case) -> str:
    """Return the version of the code that measures a timed case: the studies of times have one measure."""
    return code_version(runtime.measure, case)


def _versions() -> set[str]:
    """Return the versions of the code that measures on the GPU, and on the CPU beside it."""
    return {_version(Case("gpu", "lstm", "cuda")), _version(Case("grid", "lstm", "cpu"))}
