"""The runner: hands checks to a worker one at a time, bounds each and all of them in time, and says what came of each.

It never touches CUDA. A worker that is lost, or whose context is broken, is replaced: every other check has its turn.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.gpu_checks.check import Check, Result
from bench.gpu_checks.process import COMMAND, Lost, Worker

HELLO_S = 60.0  # to import everything and wake the driver
LEAST_S = 0.5  # with less left no check is begun

Say = Callable[[Mapping[str, Any]], None]
"""Takes a line."""


@dataclass
class Outcome:
    """What came of all checks, in order, and what the machine is; None where no worker could say."""

    facts: dict[str, Any] | None = None
    results: list[tuple[Check, Result, float]] = field(default_factory=list)
    """A check, its result, the seconds it took."""

    def having(self, *statuses: str) -> list[tuple[Check, Result, float]]:
        """Those with one of these statuses."""
        return [each for each in self.results if each[1].status in statuses]


class Runner:
    """Checks within a budget of seconds; None for no bound."""

    def __init__(self, say: Say, seconds: float | None = None, command: Sequence[str] = COMMAND) -> None:
        self._say, self._command = say, command
        self._deadline = None if seconds is None else time.monotonic() + seconds
        self._worker: Worker | None = None
        self.outcome = Outcome()

    def left(self) -> float:
        """Seconds until the time is up."""
        return float("inf") if self._deadline is None else self._deadline - time.monotonic()

    def hello(self) -> dict[str, Any] | None:
        """Ask a worker what the machine is; None, and a line that says why, where it cannot say."""
        try:
            answer = self._ask("hello", {}, min(HELLO_S, max(self.left(), 0)))
        except Lost as lost:
            self._say({"kind": "machine", "status": lost.how, "reason": str(lost)})
            return None
        if "facts" not in answer:
            self._say({"kind": "machine", "status": answer["status"], "reason": answer["reason"]})
            return None
        facts: dict[str, Any] = answer["facts"]
        self.outcome.facts = facts
        return facts

    def run(
        self,
        stage: str,
        checks: Iterable[Check],
        keep: Callable[[Sequence[Mapping[str, Any]]], None] = lambda items: None,
        stored: Callable[[Check], bool] = lambda check: False,
    ) -> None:
        """Do the checks of a stage. `keep` takes items of rows; `stored` says whether a check's rows are there."""
        todo = list(checks)
        began = time.monotonic()
        expected = round(sum(check.expected_s for check in todo), 1)
        self._say({"kind": "stage", "stage": stage, "checks": len(todo), "expected_s": expected})
        for number, check in enumerate(todo):
            start = time.monotonic()
            try:
                result = Result("stored") if stored(check) else self._do(check)
            except KeyboardInterrupt:
                for other in todo[number:]:
                    self.outcome.results.append((other, Result("not reached", "the run was interrupted"), 0.0))
                raise
            seconds = time.monotonic() - start
            self.outcome.results.append((check, result, seconds))
            if result.items:
                self._keep(keep, result.items)
            self._say(dict(_line(check, result, seconds)))
        self._say({"kind": "stage end", "stage": stage, "took_s": round(time.monotonic() - began, 1)})

    def _keep(self, keep: Callable[[Sequence[Mapping[str, Any]]], None], items: Sequence[Mapping[str, Any]]) -> None:
        """Hand rows over; those that nobody takes stand in a line, whole: they were measured."""
        try:
            keep(items)
        except Exception as error:  # a full disk or a row of another schema must not end the minutes on a GPU
            reason = f"{type(error).__name__}: {error}"
            self._say({"kind": "rows not stored", "reason": reason, "items": [dict(item) for item in items]})

    def _do(self, check: Check) -> Result:
        left = self.left()
        if left < LEAST_S:
            return Result("not reached", "the time was up")
        limit = min(check.limit_s, left)
        try:
            answer = self._ask(check.action, check.given, limit)
        except Lost as lost:
            if lost.how == "hung" and limit < check.limit_s:
                return Result("not reached", f"the time was up while it ran: {lost}")
            return Result(lost.how, str(lost))
        broken = answer.pop("broken", None)
        reason = answer["reason"]
        if broken:  # every later call of that process would fail: the next check gets another one
            self.end()
            reason = f"{reason}; the context was broken afterwards: {broken}"
        return Result(answer["status"], reason, answer["numbers"], tuple(answer["items"]))

    def _ask(self, action: str, given: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        if self._worker is None:
            self._worker = Worker(self._command)
        worker = self._worker
        try:
            return worker.ask(action, given, seconds)
        except Lost:
            self._worker = None
            raise
        finally:
            for text in worker.noise:
                self._say({"kind": "noise", "text": text})
            worker.noise.clear()

    def end(self) -> None:
        """End the worker; the next check starts a new one."""
        if self._worker is not None:
            self._worker.end()
            self._worker = None


def _line(check: Check, result: Result, seconds: float) -> Iterator[tuple[str, Any]]:
    yield from (("kind", "check"), ("stage", check.stage), ("name", check.name), ("status", result.status))
    yield "took_s", round(seconds, 3)
    if result.reason:
        yield "reason", result.reason
    yield from ((name, _rounded(value)) for name, value in result.numbers.items())


def _rounded(value: Any) -> Any:
    """Five digits are enough for a line; rows have them all."""
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, Mapping):
        return {name: _rounded(each) for name, each in value.items()}
    return value
