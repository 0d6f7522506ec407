"""Whatever does not depend on the clock: gradient flow, gates, Jacobians, spectra, probes; each item one case."""

from __future__ import annotations

from bench.plugin import Recorder
from bench.studies import registry as studies
from bench.study import Item

STUDIES = tuple(study.name for study in studies.STUDIES if not study.timed and study.name != "parameters")


def test_gradients(item: Item, recorder: Recorder) -> None:
    """Measure the case; every row says how it went."""
    with recorder.record(item) as rows:
        rows += item.study.measure(item.case, item.block)
