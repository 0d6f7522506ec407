"""Drive gates to both ends, and see what they keep, take and pass."""

from __future__ import annotations

from bench.case import Case
from bench.measures import probes
from bench.studies.axes import GATED_CELLS, SEEDS, flow
from bench.study import Computed, Study


def cases(seeds: int) -> list[Case]:
    """List the gated cells, whose gates the measure drives to both ends."""
    return [case for cell in GATED_CELLS for case in flow("ends", cell, "torch", 0.0, seeds, hidden_size=32)]


STUDY = Study(
    name="ends",
    question="What does a gate do at its ends?",
    sizes=SEEDS,
    cases=cases,
    measure=Computed(probes.measure_ends),
)
