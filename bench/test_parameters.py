"""Counts of parameters and operations: each item one layer."""

from __future__ import annotations

from bench.plugin import Recorder
from bench.study import Item

STUDIES = ("parameters",)


def test_parameters(item: Item, recorder: Recorder) -> None:
    """Count."""
    with recorder.record(item) as rows:
        rows += item.study.measure(item.case, item.block)
