"""Measure the spectral radius of PyTorch's default recurrent matrix."""

from __future__ import annotations

from bench.case import Case
from bench.measures import spectra
from bench.studies.axes import FEW_SEEDS, SIMPLE_CELL, flow
from bench.study import Computed, Study


def cases(seeds: int) -> list[Case]:
    """List PyTorch's default recurrent matrix at three sizes."""
    return [
        case
        for hidden in (32, 64, 128)
        for case in flow("radius", SIMPLE_CELL, "torch", 0.0, seeds, hidden_size=hidden, inputs="-")
    ]


STUDY = Study(
    name="radius",
    question="How large is the spectral radius of W at the default?",
    sizes=FEW_SEEDS,
    cases=cases,
    measure=Computed(spectra.measure_radius),
)
