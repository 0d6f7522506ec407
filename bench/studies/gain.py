"""Draw the phase diagram: where gradients vanish, and where they explode."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from bench.case import Case
from bench.measures import gradient_flow
from bench.studies.axes import CARRYING_CELLS, FLOW_LAYER, GATED_CELLS, SIMPLE_CELL, FlowLayer, flow, has_gain
from bench.study import Computed, PerPreset, Study

KEEP_BIASES = (-1.0, 0.0, 1.0, 2.0, 4.0)
"""Biases of the gate that keeps the state."""
INPUT_SCALES = (0.0, 0.25, 0.5, 1.0, 2.0)
"""Standard deviations of the input; 0 is no input at all, after a random start."""
SILENT_STEPS = 1200
"""Steps of a simple cell without input: it takes hundreds to settle on what it then does for ever."""


@dataclass(frozen=True)
class Sizes:
    """The common layer, the recurrent gains of the phase diagram, and those that the simple cell has beside them.

    Its boundary without input is no point but a range of gains above 1, which takes a fine grid to see.
    """

    layer: FlowLayer
    gains: tuple[float, ...]
    above_one: tuple[float, ...]


def cases(sizes: Sizes) -> list[Case]:
    """List gain against input strength (RNN) and against the bias of the gate that keeps the state (LSTM, GRU).

    Beside it the linear controls, a simple cell without input: its tanh stays at 0, where its slope is 1. And cells
    whose cell state no gate multiplies, under an input.
    """
    layer = sizes.layer
    seeds = layer.seeds
    listed: list[Case] = []
    for gain in sorted((*sizes.gains, *sizes.above_one)):
        silent = layer.shape | {"seq_len": SILENT_STEPS, "inputs": "start"}
        for scale in INPUT_SCALES:
            driven = layer.shape | {"inputs": "normal", "input_scale": scale}
            listed += flow("gain", SIMPLE_CELL, "gaussian", gain, seeds, **(driven if scale else silent))
        for name in ("gaussian", "scaled-orthogonal"):
            listed += flow("gain", SIMPLE_CELL, name, gain, seeds, **layer.shape, inputs="zero")
    for gain in sizes.gains:
        for cell, bias, inputs in itertools.product(filter(has_gain, GATED_CELLS), KEEP_BIASES, ("normal", "zero")):
            listed += flow("gain", cell, "gaussian", gain, seeds, **layer.shape, gate_bias=bias, inputs=inputs)
        for cell in CARRYING_CELLS:
            listed += flow("gain", cell, "gaussian", gain, seeds, **layer.shape)
    return listed


STUDY = Study(
    name="gain",
    question="At which gain do gradients stop to vanish?",
    sizes=PerPreset(
        quick=Sizes(FLOW_LAYER.quick, gains=(0.5, 1.0, 2.0, 4.0), above_one=(1.25, 1.5)),
        course=Sizes(
            FLOW_LAYER.course,
            gains=(0.5, 0.8, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 8.0, 16.0, 32.0),
            above_one=(1.1, 1.2, 1.3, 1.4, 1.75),
        ),
        full=Sizes(
            FLOW_LAYER.full,
            gains=(0.25, 0.5, 0.65, 0.8, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 8.0, 16.0, 32.0),
            above_one=(1.1, 1.2, 1.3, 1.4, 1.6),
        ),
    ),
    cases=cases,
    measure=Computed(gradient_flow.measure_norms),
)
