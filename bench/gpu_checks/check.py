"""A check, and what became of it: the values that travel between the runner and its worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.names import unknown

STAGES = ("contact", "parity", "steps", "grid", "half", "tests", "sanitizer", "cpu")
"""In the order in which they run: what is worth most comes first."""
WITH_ROWS = ("steps", "grid", "half", "cpu")
"""The stages whose checks bring rows for a store."""

STATUSES = ("passed", "wrong", "failed", "died", "hung", "skipped", "stored", "not reached")
"""What may become of a check.

wrong: it has a result, and that is not the right one. failed: it raised an error. died, hung: its worker ended, or had
to be ended. skipped: it cannot be done on this machine, or others of its kind hung. stored: its rows are in the store
already.
"""
BAD = ("wrong", "failed", "died", "hung")

Tell = Callable[[Mapping[str, Any]], None]
"""Takes part of an answer: {"begins": a kind of work}, or {"item": the rows of a case in a block}."""


@dataclass(frozen=True)
class Check:
    """One thing to find out.

    action: a name of `bench.gpu_checks.actions`. arguments: what the action is given, as JSON has it. expected_s: about
    how long it should take; limit_s: when it is given up. warm_limit_s: for how long its worker may say nothing, once
    it has answered a check of the same action; None for no other limit than limit_s. items: (case key, block) of the
    rows that it brings, if it brings any.
    """

    stage: str
    name: str
    action: str
    arguments: Mapping[str, Any]
    expected_s: float
    limit_s: float
    items: tuple[tuple[str, int], ...] = field(default=())
    warm_limit_s: float | None = None

    def __post_init__(self) -> None:
        if self.stage not in STAGES:
            raise ValueError(unknown("stage", self.stage, STAGES))


@dataclass(frozen=True)
class Result:
    """What became of a check: a status, why if it is not "passed", numbers by name, and items of rows.

    An item is {"case": ..., "block": ..., "rows": [[metric, value, unit, replicate, step, status, reason], ...]}.
    """

    status: str
    reason: str = ""
    numbers: Mapping[str, Any] = field(default_factory=dict)
    items: tuple[Mapping[str, Any], ...] = ()

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise ValueError(unknown("status", self.status, STATUSES))


def passed_if(right: bool, reason: str, **numbers: Any) -> Result:
    """Return a result that is "passed" or, for that reason, "wrong"."""
    return Result("passed", "", numbers) if right else Result("wrong", reason, numbers)
