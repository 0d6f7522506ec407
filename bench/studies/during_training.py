"""Follow the gradient and the gate that keeps the state while networks learn to add."""

from __future__ import annotations

from dataclasses import dataclass

from bench.case import Case
from bench.measures.trained import measure_during
from bench.studies import training_axes as axes
from bench.studies.training_axes import BUDGET, SEEDS, WIDE, Seeds
from bench.study import Computed, PerPreset, Study

STEPS = 50
ARMS = (axes.RNN, axes.ORTHOGONAL_RNN, axes.LSTM, axes.FB1_LSTM, axes.GRU)


@dataclass(frozen=True)
class Sizes:
    """Seeds, and training steps at most; without seeds nothing is trained."""

    seeds: Seeds
    budget: int = BUDGET


def cases(sizes: Sizes) -> list[Case]:
    """List each arm with each seed."""
    return [
        axes.training("during-training", "adding", arm, STEPS, seed, hidden_size=WIDE, budget=sizes.budget)
        for arm in ARMS
        for _, seed in sizes.seeds.judged()
    ]


STUDY = Study(
    name="during-training",
    question="When does the gradient arrive, and does the error fall with it?",
    sizes=PerPreset(quick=Sizes(Seeds(0, 0)), course=Sizes(Seeds(0, 5), budget=1500), full=Sizes(SEEDS.full)),
    cases=cases,
    measure=Computed(measure_during),
)
