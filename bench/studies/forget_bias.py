"""Measure how far a cell state reaches at each forget bias, and without a forget gate."""

from __future__ import annotations

from bench.case import Case
from bench.measures import gradient_flow
from bench.studies.axes import CARRYING_CELLS, CELL_STATE_CELLS, FLOW_LAYER, FlowLayer, flow
from bench.study import Computed, Study

FORGET_BIASES = (-2.0, 0.0, 1.0, 2.0, 5.0, 10.0)


def cases(layer: FlowLayer) -> list[Case]:
    """List every cell with a forget gate at every bias of it, and those that carry their cell state whole."""
    drawn = [
        (cell, *initialiser)
        for cell in CELL_STATE_CELLS
        for initialiser in ([("torch", 0.0)] if cell in CARRYING_CELLS else [("forget-bias", b) for b in FORGET_BIASES])
    ]
    return [case for each in drawn for case in flow("forget-bias", *each, layer.seeds, **layer.shape)]


STUDY = Study(
    name="forget-bias",
    question="How far does the cell state reach at each forget bias?",
    sizes=FLOW_LAYER,
    cases=cases,
    measure=Computed(gradient_flow.measure_flow),
)
