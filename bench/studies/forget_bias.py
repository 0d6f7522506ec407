"""Measure how far the LSTM's cell state reaches at each forget bias."""

from __future__ import annotations

from bench.case import Case
from bench.measures import gradient_flow
from bench.studies.axes import FLOW_LAYER, FlowLayer, flow
from bench.study import Computed, Study

FORGET_BIASES = (-2.0, 0.0, 1.0, 2.0, 5.0, 10.0)


def cases(layer: FlowLayer) -> list[Case]:
    """List the LSTM at every forget bias."""
    return [
        case
        for bias in FORGET_BIASES
        for case in flow("forget-bias", "lstm", "forget-bias", bias, layer.seeds, **layer.shape)
    ]


STUDY = Study(
    name="forget-bias",
    question="How far does the cell state reach at each forget bias?",
    sizes=FLOW_LAYER,
    cases=cases,
    measure=Computed(gradient_flow.measure_flow),
)
