"""Gradient flow, gates and activations: each item one case."""

from __future__ import annotations

from bench.plugin import Recorder
from bench.study import Item

STUDIES = ("activations", "gates", "gradients", "forget-bias")


def test_gradients(item: Item, recorder: Recorder) -> None:
    """Measure the case; every row says how it went."""
    with recorder.record(item) as rows:
        rows += item.study.measure(item.case, item.block)
