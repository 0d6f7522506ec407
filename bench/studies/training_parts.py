"""Time the parts of a step of training one by one."""

from __future__ import annotations

from bench.case import Case
from bench.measures import training_parts
from bench.studies.axes import PEER_CELLS
from bench.studies.training_speed import training_step
from bench.study import PerPreset, Study


def cases(hidden_sizes: tuple[int, ...]) -> list[Case]:
    """List the steps that the study of their speed times, on one thread."""
    return [
        training_step("training-parts", cell, hidden_size, threads=1)
        for hidden_size in hidden_sizes
        for cell in PEER_CELLS
    ]


STUDY = Study(
    name="training-parts",
    question="Where does a step of training spend its time?",
    sizes=PerPreset(quick=(32,), course=(32, 128), full=(32, 128)),
    cases=cases,
    measure=training_parts.measure,
    timed=True,
    blocks=PerPreset(quick=3, course=5, full=9),
    rounds=PerPreset(quick=5, course=25, full=25),
)
