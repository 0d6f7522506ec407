"""Measure how long the memory is that chrono initialisation gives an LSTM."""

from __future__ import annotations

from bench.case import Case
from bench.measures import gradient_flow
from bench.studies.axes import CHRONO_T_MAX, LARGE_LAYER, SEEDS, flow
from bench.study import Computed, Study


def cases(seeds: int) -> list[Case]:
    """List the LSTM under chrono without input, where f is sigma(b_f) and little else: enough units for a mean."""
    shape = {"seq_len": 100, "hidden_size": LARGE_LAYER}
    return list(flow("chrono", "lstm", "chrono", CHRONO_T_MAX, seeds, **shape, inputs="zero"))


STUDY = Study(
    name="chrono",
    question="How long is a chrono memory?",
    sizes=SEEDS,
    cases=cases,
    measure=Computed(gradient_flow.measure_flow),
)
