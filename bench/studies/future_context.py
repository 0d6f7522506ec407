"""Ask for an input of the past or of the future, of networks that read in one direction and in two."""

from __future__ import annotations

from dataclasses import dataclass

from bench.case import Case
from bench.measures.training import measure_training
from bench.studies import training_axes as axes
from bench.studies.training_axes import BUDGET, HIDDEN_SIZE, LSTM, SEEDS, Seeds
from bench.study import Computed, PerPreset, Study

STEPS = 20
OFFSET = 5
EQUAL_PARAMETERS = 46
"""Hidden size at which an LSTM of one direction has as many parameters as two of `HIDDEN_SIZE`, within 1 %."""
ARMS = (("none", HIDDEN_SIZE), ("none", EQUAL_PARAMETERS), ("concat", HIDDEN_SIZE))
"""(merge, hidden size)."""


@dataclass(frozen=True)
class Sizes:
    """Seeds, and training steps at most."""

    seeds: Seeds
    budget: int = BUDGET


def cases(sizes: Sizes) -> list[Case]:
    """List the arms with an input of so many steps ago, and of so many steps ahead."""
    return [
        axes.training(
            "future-context", "shifted-input", LSTM, STEPS, seed,
            offset=offset, merge=merge, hidden_size=hidden_size, budget=sizes.budget, learning_rate=1e-2,
        )
        for offset in (OFFSET, -OFFSET)
        for merge, hidden_size in ARMS
        for _, seed in sizes.seeds.judged()
    ]  # fmt: skip


STUDY = Study(
    name="future-context",
    question="Does it help to read a sequence backwards too?",
    sizes=PerPreset(quick=Sizes(Seeds(0, 0)), course=Sizes(SEEDS.course, budget=1500), full=Sizes(SEEDS.full)),
    cases=cases,
    measure=Computed(measure_training),
)
