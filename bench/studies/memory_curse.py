"""Make the memory longer by the bias of the gate that keeps, and see how sensitive the weights become."""

from __future__ import annotations

from bench.case import Case
from bench.measures import weight_gradients
from bench.studies.axes import SEEDS, flow
from bench.study import Computed, Study

BIASES = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)
ARMS = (("lstm", False), ("lstm", True), ("lstm-coupled", False), ("gru", False))
"""Cell, and whether the bias of the gate that writes is tied to that of the gate that keeps: b_i = -b_f, as in chrono.

The LSTM with coupled gates and the GRU write what they do not keep, by their equations.
"""


def cases(seeds: int) -> list[Case]:
    """List each arm at every bias; sequences are several times as long as the longest memory."""
    shape = {"seq_len": 400, "hidden_size": 64}
    listed = [
        case
        for cell, tied in ARMS
        for bias in BIASES
        for case in flow(
            "memory-curse", cell, "torch", 0.0, seeds, **shape, gate_bias=bias, write_bias=-bias if tied else 0.0
        )
    ]
    return list(dict.fromkeys(listed))  # at a bias of zero the tie changes nothing


STUDY = Study(
    name="memory-curse",
    question="Does a longer memory make the weights more sensitive?",
    sizes=SEEDS,
    cases=cases,
    measure=Computed(weight_gradients.measure_memory),
)
