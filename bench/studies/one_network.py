"""Look into one trained network while it reads one sequence."""

from __future__ import annotations

from bench.case import Case
from bench.measures.trained import measure_one_network
from bench.studies import training_axes as axes
from bench.studies.axes import FIRST_SEED
from bench.study import Computed, PerPreset, Study

STEPS = 40
UNITS = 8
"""Few enough to be seen one by one."""


def cases(trainings: int) -> list[Case]:
    """List the one LSTM."""
    return [
        axes.training(
            "one-network", "temporal-order", axes.FB1_LSTM, STEPS, seed, hidden_size=UNITS, learning_rate=1e-2
        )
        for seed in range(FIRST_SEED, FIRST_SEED + trainings)
    ]


STUDY = Study(
    name="one-network",
    question="How does a trained LSTM keep what it has read?",
    sizes=PerPreset(quick=0, course=1, full=1),
    cases=cases,
    measure=Computed(measure_one_network),
)
