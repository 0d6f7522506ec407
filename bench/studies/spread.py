"""Tell what another network and what another input do to the rate of a gradient: several inputs for each network."""

from __future__ import annotations

from dataclasses import dataclass

from bench.case import Case
from bench.measures import gradient_flow
from bench.studies.axes import FLOW_LAYER, PEER_CELLS, FlowLayer, flow
from bench.study import Computed, PerPreset, Study

INITIALISERS = ("torch", "keras", "orthogonal")
"""Those that every cell has."""


@dataclass(frozen=True)
class Sizes:
    """The common layer, whose seeds are the networks, and the inputs of each."""

    layer: FlowLayer
    inputs: int


def cases(sizes: Sizes) -> list[Case]:
    """List every main cell under each initialiser, as many networks as seeds; each network has inputs of its own."""
    layer = sizes.layer
    return [
        case.replaced(input_seed=case.seed * sizes.inputs + place)
        for cell in PEER_CELLS
        for name in INITIALISERS
        for case in flow("spread", cell, name, 0.0, layer.seeds, **layer.shape)
        for place in range(sizes.inputs)
    ]


STUDY = Study(
    name="spread",
    question="Is it the network or the input that decides how fast a gradient fades?",
    sizes=PerPreset(
        quick=Sizes(FLOW_LAYER.quick, inputs=3),
        course=Sizes(FLOW_LAYER.course, inputs=8),
        full=Sizes(FLOW_LAYER.full, inputs=10),
    ),
    cases=cases,
    measure=Computed(gradient_flow.measure_norms),
)
