"""The plan of a run: every item of a preset, in the order in which it is measured."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from typing import Any

from bench.case import Case
from bench.run.writer import Key
from bench.studies.registry import find_studies
from bench.study import Item, Study, check_preset


def plan(preset: str, studies: Sequence[str] | None = None) -> list[Item]:
    """List all items: first the studies whose result does not depend on the clock, then the timed ones in blocks.

    The order is shuffled, and the same at every call: a resumed run goes on where it was.

    Raises ValueError for an unknown preset or study.
    """
    check_preset(preset)
    selected = find_studies(studies)
    items: list[Item] = []
    for study in selected:
        if not study.timed:
            items += [Item(study, case, 0, study.rounds[preset]) for case in study.cases_in(preset)]
    for study in selected:
        if study.timed:
            items += blocks_of(study, study.cases_in(preset), study.blocks[preset], study.rounds[preset])
    return items


def without_cases(preset: str, studies: Sequence[str] | None) -> dict[str, str]:
    """Say of each study that is named, and has no case in this preset on this machine, why it has none."""
    named = find_studies(studies) if studies else ()
    reasons = {study.name: study.why_empty(preset) for study in named}
    return {name: reason for name, reason in reasons.items() if reason is not None}


def blocks_of(study: Study[Any], cases: Sequence[Case], blocks: int, rounds: int) -> list[Item]:
    """List the blocks of a timed study: meetings in random order, and at a meeting all rivals one after another.

    So a contender's neighbours in time are its rivals, and a slow minute of the machine hits all of them alike.
    """
    by_meeting: dict[tuple[object, ...], list[Case]] = {}
    for case in cases:
        by_meeting.setdefault(_place(study, case), []).append(case)
    items = []
    for block in range(blocks):
        order = random.Random(f"{study.name}-{block}")
        meetings = list(by_meeting.values())
        order.shuffle(meetings)
        for rivals in meetings:
            items += [Item(study, case, block, rounds) for case in order.sample(rivals, len(rivals))]
    return items


def missing(items: Sequence[Item], done: Collection[Key]) -> list[Item]:
    """Return the items that a run has to measure: those that the store does not have, and their rivals.

    Ratios are taken inside one block of one run. So where a timed item is missing, all its rivals of that block are
    measured again beside it.
    """
    absent = [item.key not in done for item in items]
    incomplete = {_meeting(item) for item, lacking in zip(items, absent, strict=True) if lacking and item.study.timed}
    return [
        item
        for item, lacking in zip(items, absent, strict=True)
        if lacking or (item.study.timed and _meeting(item) in incomplete)
    ]


def planned(items: Sequence[Item]) -> list[tuple[str, Key]]:
    """Return (study, key) of every item: what a run tells the store that it is about."""
    return [(item.study.name, item.key) for item in items]


def _meeting(item: Item) -> tuple[object, ...]:
    """Name the place and block at which an item meets its rivals."""
    return (item.study.name, item.block, *_place(item.study, item.case))


def _place(study: Study[Any], case: Case) -> tuple[object, ...]:
    return tuple(getattr(case, name) for name in study.meets)
