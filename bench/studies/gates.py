"""Follow the gates of every gated cell along a sequence."""

from __future__ import annotations

from bench.case import Case
from bench.measures import gates
from bench.studies.axes import FLOW_LAYER, FlowLayer, flow, initialisers_for
from bench.study import Computed, Study
from cells.registry import distinct_cells, find_cell

STEPS = 50
"""Gates settle within these; further on they repeat themselves."""


def cases(layer: FlowLayer) -> list[Case]:
    """List every gated cell under each of its initialisers."""
    return [
        case
        for cell in distinct_cells()
        if find_cell(cell).sigmoid_gates
        for name, value in initialisers_for(cell)
        for case in flow("gates", cell, name, value, layer.seeds, seq_len=STEPS, hidden_size=layer.hidden_size)
    ]


STUDY = Study(
    name="gates",
    question="How open are the gates along a sequence?",
    sizes=FLOW_LAYER,
    cases=cases,
    measure=Computed(gates.measure_gates),
)
