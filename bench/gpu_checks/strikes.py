"""Kinds of work that hang again and again: after two of a kind the others of it wait until all else is done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bench.case import case_from
from bench.gpu_checks.check import Check

POSTPONED_AFTER = 2  # checks of one kind that hung
SKIPPED_AFTER = 4


def kind_of_case(case: Mapping[str, Any]) -> str:
    """Return what a contender's hanging is counted as: its sharing on the GPU, else its backend; and its direction."""
    if not case["backend"].startswith("cuda"):
        return f"{case['backend']} {case['direction']}"
    return f"{_sharing(None if case['variant'] == '-' else case['variant'])} {case['direction']}"


def kinds_of(check: Check) -> tuple[str, ...]:
    """Return every kind of work in a check; none of a probe, which is like no other check."""
    if "cases" in check.arguments:
        return tuple(dict.fromkeys(map(kind_of_case, check.arguments["cases"])))
    if check.action in ("pass", "sanitizer"):
        layer = check.arguments["pass"]
        return (f"{_sharing(layer['sharing'])} {layer['way']}",)
    return (check.action,) if check.action in ("profile", "product") else ()


def _sharing(name: str | None) -> str:
    return name or "rule"


class Strikes:
    """Counts of checks that hung, by their kind."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, check: Check, running: str | None) -> None:
        """Count a check that hung. `running`: the kind that its worker named last; without one all its kinds count."""
        self._counts.update(kinds_of(check) if running is None else (running,))

    def split(self, check: Check) -> tuple[Check | None, Check | None]:
        """Return what of a check is to be done in its turn, and what is postponed, whose name says why."""
        struck = [kind for kind in kinds_of(check) if self._counts[kind] >= POSTPONED_AFTER]
        if not struck:
            return check, None
        if "cases" not in check.arguments:
            return None, check
        first, later = (_part(check, struck, inside) for inside in (False, True))
        return first, later and replace(later, name=f"{check.name} {', '.join(struck)}")

    def given_up(self, check: Check) -> str | None:
        """Return why a postponed check is not even begun, or None."""
        struck = [kind for kind in kinds_of(check) if self._counts[kind] >= SKIPPED_AFTER]
        return f"{SKIPPED_AFTER} checks of {' and '.join(struck)} hung before" if struck else None


def _part(check: Check, kinds: Collection[str], inside: bool) -> Check | None:
    """Return the check with those of its cases that are of these kinds, or that are not."""
    every: Sequence[Mapping[str, Any]] = check.arguments["cases"]
    cases = [case for case in every if (kind_of_case(case) in kinds) == inside]
    if not cases:
        return None
    keys = {case_from(case).key for case in cases}
    return replace(
        check,
        arguments={**check.arguments, "cases": cases},
        items=tuple(item for item in check.items if item[0] in keys),
        expected_s=check.expected_s * len(cases) / len(every),
    )
