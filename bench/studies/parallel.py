"""Time the same number of steps in longer and longer sequences, beside a convolution, whose steps do not wait."""

from __future__ import annotations

from bench.case import Case
from bench.contenders.convolution import CONVOLUTION
from bench.measures import runtime
from bench.studies.axes import PEER_CELLS, backends
from bench.study import PerPreset, Study, always
from cells import get_threads

LENGTHS = (64, 256, 1024, 4096)
STEPS_IN_ALL = 4096
"""Steps times batch rows, the same at every length."""


def cases(lengths: tuple[int, ...]) -> list[Case]:
    """List every implementation's cells and convolution, at sequences ever longer in batches ever smaller."""
    return [
        Case(
            study="parallel",
            cell=cell,
            backend=backend,
            seq_len=steps,
            batch_size=STEPS_IN_ALL // steps,
            input_size=64,
            hidden_size=64,
            threads=get_threads(),
        )
        for steps in lengths
        for cell in (*PEER_CELLS, CONVOLUTION)
        for backend in backends(cell, "inference")
        if backend != "cpu-again"
    ]


STUDY = Study(
    name="parallel",
    question="What does it cost that a step waits for the one before?",
    sizes=always(LENGTHS),
    cases=cases,
    measure=runtime.measure,
    timed=True,
    blocks=PerPreset(quick=5, course=7, full=7),
    rounds=always(2),
)
