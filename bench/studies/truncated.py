"""Cut back-propagation through time off after a window of steps, and see what the weights' gradient loses."""

from __future__ import annotations

from bench.case import Case
from bench.measures import weight_gradients
from bench.studies.axes import FLOW_LAYER, PEER_CELLS, FlowLayer, flow, initialisers_for
from bench.study import Computed, Study
from cells.registry import find_cell


def cases(layer: FlowLayer) -> list[Case]:
    """List the main cells with recurrent weights under each of their initialisers; the measure has the windows."""
    return [
        case
        for cell in PEER_CELLS
        if find_cell(cell).hidden_gates
        for name, value in initialisers_for(cell)
        for case in flow("truncated", cell, name, value, layer.seeds, **layer.shape)
    ]


STUDY = Study(
    name="truncated",
    question="What does truncated back-propagation through time lose?",
    sizes=FLOW_LAYER,
    cases=cases,
    measure=Computed(weight_gradients.measure_truncated),
)
