"""The runner: hands checks to a worker one at a time, bounds each and all of them in time, and says what came of each.

It never touches CUDA. A worker that is lost, or whose context is broken, is replaced: every other check has its turn.
Checks of a kind that hangs again and again have theirs after all others (`strikes`).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

from bench.gpu_checks.check import Check, Result
from bench.gpu_checks.process import COMMAND, Lost, Waiting, Worker
from bench.gpu_checks.strikes import Strikes

HELLO_S = 60.0  # to import everything and wake the driver
LEAST_S = 0.5  # with less left no check is begun
TIME_IS_UP = "the time was up"
INTERRUPTED = "the run was interrupted"

Say = Callable[[Mapping[str, Any]], None]
"""Takes a line."""
Keep = Callable[[Sequence[Mapping[str, Any]]], None]
"""Takes items of rows."""


@dataclass
class Outcome:
    """What came of all checks, in order, and what the machine is; None where no worker could say."""

    facts: dict[str, Any] | None = None
    results: list[tuple[Check, Result, float]] = field(default_factory=list)
    """A check, its result, the seconds it took."""

    def having(self, *statuses: str) -> list[tuple[Check, Result, float]]:
        """Return those with one of these statuses."""
        return [entry for entry in self.results if entry[1].status in statuses]


class Runner:
    """Checks within a budget of seconds from now; None for no bound. keep: takes rows. waiting: see `Waiting`."""

    def __init__(
        self,
        say: Say,
        seconds: float | None = None,
        command: Sequence[str] = COMMAND,
        keep: Keep = lambda items: None,
        waiting: Waiting = nullcontext,
    ) -> None:
        self._say = say
        self._command = command
        self._waiting = waiting
        self._deadline = None if seconds is None else time.monotonic() + seconds
        self._worker: Worker | None = None
        self._answered: set[str] = set()  # actions that this worker has done before
        self._strikes = Strikes()
        self._postponed: list[Check] = []
        self.keep = keep
        self.outcome = Outcome()

    def left(self) -> float:
        """Return the seconds until the time is up."""
        return float("inf") if self._deadline is None else self._deadline - time.monotonic()

    def hello(self) -> dict[str, Any] | str:
        """Ask a worker what the machine is; the reason, which a line says as well, where it cannot say."""
        if self.left() < LEAST_S:
            return self._unknown("not reached", f"{TIME_IS_UP} before anything was begun: name more seconds")
        try:
            answer = self._ask("hello", {}, min(HELLO_S, self.left()))
        except Lost as lost:
            if lost.how == "hung" and self.left() <= 0:
                return self._unknown("not reached", f"{TIME_IS_UP} while a worker began: {lost}")
            return self._unknown(lost.how, str(lost))
        if "facts" not in answer:
            return self._unknown(answer["status"], answer["reason"])
        facts: dict[str, Any] = answer["facts"]
        self.outcome.facts = facts
        return facts

    def _unknown(self, status: str, reason: str) -> str:
        self._say({"kind": "machine", "status": status, "reason": reason})
        return reason

    def run(self, stage: str, checks: Iterable[Check], stored: Callable[[Check], bool] = lambda check: False) -> None:
        """Do the checks of a stage. `stored` says whether a check's rows are there already."""
        todo = list(checks)
        expected = round(sum(check.expected_s for check in todo), 1)
        began = time.monotonic()
        self._say({"kind": "stage", "stage": stage, "checks": len(todo), "expected_s": expected})
        while todo:
            check = todo.pop(0)
            if stored(check):
                self.record(check, Result("stored"))
                continue
            first, later = self._strikes.split(check)
            if later is not None:
                self._postponed.append(later)
                self._say({"kind": "postponed", "stage": stage, "name": later.name, "reason": "others like it hung"})
            if first is not None:
                self._one(first, todo)
        self._say({"kind": "stage end", "stage": stage, "took_s": round(time.monotonic() - began, 1)})

    def run_postponed(self) -> None:
        """Do what was postponed; of a kind that goes on hanging nothing more is begun."""
        while self._postponed:
            check = self._postponed.pop(0)
            reason = self._strikes.given_up(check)
            if reason is None:
                self._one(check)
            else:
                self.record(check, Result("skipped", reason))

    def record(self, check: Check, result: Result, seconds: float = 0.0) -> None:
        """Keep a result and its rows, and say its line."""
        self.outcome.results.append((check, result, seconds))
        if result.items:
            try:
                self.keep(result.items)
            except Exception as error:  # a full disk or a row of another schema must not end the minutes on a GPU
                # They were measured: they stand in a line, whole.
                lost = [dict(item) for item in result.items]
                self._say({"kind": "rows not stored", "reason": f"{type(error).__name__}: {error}", "items": lost})
        self._say(dict(_line(check, result, seconds)))

    def _one(self, check: Check, others: Sequence[Check] = ()) -> None:
        """Do a check. `others` follow it in its stage: they are named where the run is interrupted now."""
        start = time.monotonic()
        try:
            result = self._do(check)
        except KeyboardInterrupt:
            items = self._worker.handed_over() if self._worker is not None else ()
            self.end()
            self.record(check, Result("not reached", INTERRUPTED, {}, items), time.monotonic() - start)
            for other in (*others, *self._postponed):
                self.record(other, Result("not reached", INTERRUPTED))
            raise
        except Exception as error:  # of the runner's own: the next check must have its turn
            items = self._worker.handed_over() if self._worker is not None else ()
            self.end()
            result = Result("failed", f"the runner met {type(error).__name__}: {error}", {}, items)
        self.record(check, result, time.monotonic() - start)

    def _do(self, check: Check) -> Result:
        left = self.left()
        if left < LEAST_S:
            return Result("not reached", TIME_IS_UP)
        is_warm = self._worker is not None and check.action in self._answered
        try:
            answer = self._ask(
                check.action, check.arguments, min(check.limit_s, left), check.warm_limit_s if is_warm else None
            )
        except Lost as lost:
            if lost.how == "hung" and self.left() <= 0:
                return Result("not reached", f"{TIME_IS_UP} while it ran: {lost}", {}, lost.items)
            if lost.how == "hung":
                self._strikes.add(check, lost.running)
            return Result(lost.how, str(lost), {}, lost.items)
        self._answered.add(check.action)
        status = answer["status"]
        reason = answer["reason"]
        strange = [name for name, value in answer["numbers"].items() if not _is_finite(value)]
        if status == "passed" and strange:
            status = "wrong"
            reason = "; ".join(part for part in (reason, f"no finite number: {', '.join(strange)}") if part)
        if answer["broken"]:  # every later call of that process would fail: the next check gets another one
            self.end()
            reason = f"{reason}; the context was broken afterwards: {answer['broken']}"
        return Result(status, reason, answer["numbers"], tuple(answer["items"]))

    def _ask(
        self, action: str, arguments: Mapping[str, Any], seconds: float, silence_s: float | None = None
    ) -> dict[str, Any]:
        if self._worker is None:
            try:
                self._worker = Worker(self._command, self._waiting)
            except OSError as error:  # no memory, no process, no room for its error output
                raise Lost("died", f"no worker could be started: {error}") from error
            self._answered.clear()
        worker = self._worker
        try:
            return worker.ask(action, arguments, seconds, silence_s)
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
    """Round to five digits, which are enough for a line; rows have them all."""
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, Mapping):
        return {name: _rounded(part) for name, part in value.items()}
    return value


def _is_finite(value: Any) -> bool:
    """Return whether a number, or each of several by name, is neither NaN nor infinite."""
    if isinstance(value, Mapping):
        return all(map(_is_finite, value.values()))
    return not isinstance(value, float) or math.isfinite(value)
