"""Compare gates that move with gates that are held at their means."""

from __future__ import annotations

from bench.case import Case
from bench.measures import probes
from bench.studies.axes import FLOW_LAYER, GATED_CELLS, FlowLayer, flow, initialisers_for
from bench.study import Computed, Study

INPUT_SIZES = (1, 32)
"""Inputs that barely drive the gates, and stronger ones."""


def cases(layer: FlowLayer) -> list[Case]:
    """List the gated cells, whose gates the measure lets move and holds."""
    return [
        case
        for cell in GATED_CELLS
        for name, value in initialisers_for(cell)
        for inputs in INPUT_SIZES
        for case in flow("clamped", cell, name, value, layer.seeds, **layer.shape, input_size=inputs)
    ]


STUDY = Study(
    name="clamped",
    question="Do gates that move help?",
    sizes=FLOW_LAYER,
    cases=cases,
    measure=Computed(probes.measure_clamped),
)
