"""Follow the gradient back through time: every cell and initialiser, over H, T and I."""

from __future__ import annotations

from dataclasses import dataclass

from bench.case import Case
from bench.measures import gradient_flow
from bench.studies.axes import FLOW_LAYER, FlowLayer, default_and_last_initialiser, flow, initialisers_for
from bench.study import Computed, PerPreset, Study
from cells.registry import distinct_cells


@dataclass(frozen=True)
class Sizes:
    """The common layer, and the values of the sweeps through it."""

    layer: FlowLayer
    hidden_sizes: tuple[int, ...]
    lengths: tuple[int, ...]
    input_sizes: tuple[int, ...]


def cases(sizes: Sizes) -> list[Case]:
    """List cells x initialisers over H, then over T, over I, and with no input at all."""
    layer = sizes.layer
    seeds = layer.seeds
    listed: list[Case] = []
    for cell in distinct_cells():
        for name, value in initialisers_for(cell):
            for hidden in sizes.hidden_sizes:
                listed += flow("gradients", cell, name, value, seeds, seq_len=layer.steps, hidden_size=hidden)
        for name, value in default_and_last_initialiser(cell):
            for length in sizes.lengths:
                listed += flow("gradients", cell, name, value, seeds, seq_len=length, hidden_size=layer.hidden_size)
        for inputs in sizes.input_sizes:
            listed += flow("gradients", cell, "torch", 0.0, seeds, **layer.shape, input_size=inputs)
        listed += flow("gradients", cell, "torch", 0.0, seeds, **layer.shape, inputs="zero")
    return list(dict.fromkeys(listed))  # the sweeps cross at the common layer


STUDY = Study(
    name="gradients",
    question="How fast does the gradient vanish?",
    sizes=PerPreset(
        quick=Sizes(FLOW_LAYER.quick, hidden_sizes=(16, 32, 64), lengths=(20, 50, 200), input_sizes=(1,)),
        course=Sizes(
            FLOW_LAYER.course,
            hidden_sizes=(16, 32, 64, 128, 256),
            lengths=(10, 20, 50, 100, 500, 1000),
            input_sizes=(1, 32),
        ),
        full=Sizes(
            FLOW_LAYER.full,
            hidden_sizes=(16, 32, 64, 128, 256),
            lengths=(10, 20, 50, 100, 200, 1000, 2000),
            input_sizes=(1, 32),
        ),
    ),
    cases=cases,
    measure=Computed(gradient_flow.measure_flow),
)
