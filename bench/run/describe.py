"""A study in a few lines: its question, where it stands, what it varies, how often it is measured."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import Any

from bench.case import CASE_COLUMNS, Case, as_row
from bench.study import PRESETS, Computed, Study

MOST_VALUES = 8
"""Values of an axis that are listed; of a longer one the first, the last and how many there are."""


def describe_study(study: Study[Any]) -> Iterator[tuple[str, str]]:
    """Yield what is described and its description, in the order in which a reader asks."""
    yield "question", study.question
    yield "file", f"bench/studies/{study.name.replace('-', '_')}.py"
    yield "measure", _name_of(study.measure)
    for preset in PRESETS:
        cases = study.cases_in(preset)
        if not cases:
            yield preset, f"no cases: {study.why_empty(preset)}"
            continue
        text = f"{len(cases)} cases"
        if study.timed:
            text += f", each in {study.blocks[preset]} blocks of {study.rounds[preset]} samples"
        yield preset, "; ".join([text, *_axes(cases)])


def _name_of(measure: Any) -> str:
    function = measure.rows if isinstance(measure, Computed) else measure
    while isinstance(function, functools.partial):
        function = function.func
    return f"{function.__module__}.{function.__qualname__}"


def _axes(cases: Sequence[Case]) -> Iterator[str]:
    """Yield each field and condition that varies, with its values."""
    rows = [as_row(case) for case in cases]
    for name in CASE_COLUMNS:
        values = sorted({row[name] for row in rows})  # numbers or words: a column has one kind
        if len(values) > 1:
            listed = [f"{value:g}" if isinstance(value, int | float) else value for value in values]
            if len(listed) > MOST_VALUES:
                listed = [f"{listed[0]} to {listed[-1]}, {len(listed)} values"]
            yield f"{name} {', '.join(listed)}"
