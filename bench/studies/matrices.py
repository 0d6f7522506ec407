"""Measure the spectrum of products of random matrices, the baseline of every other spectrum."""

from __future__ import annotations

from bench.case import Case
from bench.measures import spectra
from bench.studies.axes import SEEDS, flow
from bench.study import Computed, Study

MATRICES = ((0.8, 16), (1.0, 24), (1.5, 32))
"""(gain, size): at another size other numbers are drawn."""


def cases(seeds: int) -> list[Case]:
    """List products of fresh Gaussian matrices."""
    return [
        case
        for gain, size in MATRICES
        for case in flow("matrices", "matrix", "gaussian", gain, seeds, seq_len=2000, hidden_size=size, inputs="-")
    ]


STUDY = Study(
    name="matrices",
    question="Which spectrum do products of random matrices have?",
    sizes=SEEDS,
    cases=cases,
    measure=Computed(spectra.measure_products),
)
