"""Find the inputs on which one output depends."""

from __future__ import annotations

from bench.case import Case
from bench.measures import probes
from bench.studies.axes import SEEDS, flow
from bench.study import Computed, Study


def cases(seeds: int) -> list[Case]:
    """List the LSTM in one direction and in two; the measure takes the output in the middle of the sequence."""
    shape = {"seq_len": 101, "hidden_size": 32, "input_size": 8}
    return [
        case
        for merge in ("none", "concat")
        for case in flow("reach", "lstm", "torch", 0.0, seeds, **shape, merge=merge)
    ]


STUDY = Study(
    name="reach",
    question="Which inputs does an output depend on?",
    sizes=SEEDS,
    cases=cases,
    measure=Computed(probes.measure_reach),
)
