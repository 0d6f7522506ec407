"""Find the gain at which a cell without input becomes unstable."""

from __future__ import annotations

import itertools

from bench.case import Case
from bench.measures import spectra
from bench.studies.axes import GATED_CELLS, SIMPLE_CELL, flow, has_gain
from bench.study import Computed, Study, always

POINTS = (*itertools.product(filter(has_gain, GATED_CELLS), (0.0, 1.0)), (SIMPLE_CELL, 0.0))
"""Cell, and bias of the gate that keeps its state."""


def cases(points: tuple[tuple[str, float], ...]) -> list[Case]:
    """List one network at each point: the measure varies its gain."""
    shape = {"seq_len": 200, "hidden_size": 16}
    return [
        case
        for cell, bias in points
        for case in flow("critical-gain", cell, "gaussian", 1.0, 1, **shape, gate_bias=bias, inputs="zero")
    ]


STUDY = Study(
    name="critical-gain",
    question="At which gain does a cell without input become unstable?",
    sizes=always(POINTS),
    cases=cases,
    measure=Computed(spectra.measure_critical_gain),
)
