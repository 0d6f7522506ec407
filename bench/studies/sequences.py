"""Pad sequences, cut them into chunks, and compare with the whole."""

from __future__ import annotations

from bench.case import Case
from bench.measures import probes
from bench.studies.axes import FEW_SEEDS, flow
from bench.study import Computed, Study
from cells.registry import distinct_cells


def cases(seeds: int) -> list[Case]:
    """List every cell on long sequences, in one direction and in two."""
    shape = {"seq_len": 1000, "hidden_size": 32, "batch_size": 4}
    return [
        case
        for cell in distinct_cells()
        for merge in ("none", "concat")
        for case in flow("sequences", cell, "torch", 0.0, seeds, **shape, merge=merge)
    ]


STUDY = Study(
    name="sequences",
    question="Lengths, chunks, directions: what changes?",
    sizes=FEW_SEEDS,
    cases=cases,
    measure=Computed(probes.measure_sequences),
)
