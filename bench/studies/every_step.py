"""Set a loss at every step beside a loss at the last step: the norm that students plot, and the one that tells."""

from __future__ import annotations

from bench.case import Case
from bench.measures import every_step
from bench.studies.axes import CHRONO_T_MAX, FLOW_LAYER, GATED_CELLS, PEER_CELLS, FlowLayer, flow
from bench.study import Computed, Study


def cases(layer: FlowLayer) -> list[Case]:
    """List the main cells under PyTorch's default, and those that have a memory to set under chrono."""
    cells = [(cell, "torch", 0.0) for cell in PEER_CELLS] + [(cell, "chrono", CHRONO_T_MAX) for cell in GATED_CELLS]
    return [
        case
        for cell, name, value in cells
        for case in flow("every-step", cell, name, value, layer.seeds, **layer.shape)
    ]


STUDY = Study(
    name="every-step",
    question="Does a loss at every step hide vanishing?",
    sizes=FLOW_LAYER,
    cases=cases,
    measure=Computed(every_step.measure_every_step),
)
