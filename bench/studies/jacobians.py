"""Follow all directions of the state back through time, not only the gradient's."""

from __future__ import annotations

from bench.case import Case
from bench.measures import jacobians
from bench.studies.axes import FLOW_LAYER, PEER_CELLS, FlowLayer, flow, initialisers_for
from bench.study import Computed, Study


def cases(layer: FlowLayer) -> list[Case]:
    """List the cells that every library has, under each of their initialisers."""
    return [
        case
        for cell in PEER_CELLS
        for name, value in initialisers_for(cell)
        for case in flow("jacobians", cell, name, value, layer.seeds, **layer.shape)
    ]


STUDY = Study(
    name="jacobians",
    question="How do directions of the state fade?",
    sizes=FLOW_LAYER,
    cases=cases,
    measure=Computed(jacobians.measure),
)
