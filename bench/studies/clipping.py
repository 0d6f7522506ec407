"""Let the gradient of the weights explode with the length of the sequence, and see what its last steps add to it."""

from __future__ import annotations

from dataclasses import dataclass

from bench.case import Case
from bench.measures import clipping
from bench.studies.axes import FLOW_LAYER, SIMPLE_CELL, FlowLayer, flow
from bench.study import Computed, PerPreset, Study

ARMS = ((SIMPLE_CELL, 1.0), (SIMPLE_CELL, 2.0), (SIMPLE_CELL, 3.0), ("lstm", 8.0))
"""Cells and recurrent gains: below the boundary under an input of N(0, 1), just above it, and far above it twice."""


@dataclass(frozen=True)
class Sizes:
    """The common layer, whose steps are the longest, and the other lengths of a sequence."""

    layer: FlowLayer
    shorter: tuple[int, ...]


def cases(sizes: Sizes) -> list[Case]:
    """List the cells at their gains and lengths; a longer sequence begins like a shorter one of the same seed."""
    layer = sizes.layer
    return [
        case
        for cell, gain in ARMS
        for steps in (*sizes.shorter, layer.steps)
        for case in flow("clipping", cell, "gaussian", gain, layer.seeds, **layer.shape | {"seq_len": steps})
    ]


STUDY = Study(
    name="clipping",
    question="What does clipping by norm hide?",
    sizes=PerPreset(
        quick=Sizes(FLOW_LAYER.quick, shorter=(10, 30)),
        course=Sizes(FLOW_LAYER.course, shorter=(10, 15, 20, 30, 50, 70, 100, 140)),
        full=Sizes(FLOW_LAYER.full, shorter=(10, 15, 20, 30, 50, 70, 100, 140, 200, 300)),
    ),
    cases=cases,
    measure=Computed(clipping.measure_clipping),
)
