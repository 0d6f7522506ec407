"""Train with and without clipping, from an ordinary and from a high recurrent gain."""

from __future__ import annotations

from dataclasses import dataclass

from bench.case import Case
from bench.measures.training import measure_training
from bench.studies import training_axes as axes
from bench.studies.training_axes import BUDGET, CLIP, SEEDS, Arm, Seeds
from bench.study import Computed, PerPreset, Study

GAINS = (1.0, 2.0, 3.0)
ARMS = tuple(Arm(cell, "gaussian", gain) for cell in ("rnn", "lstm") for gain in GAINS)
NOT_CLIPPED = 0.0
OPTIMISERS = (("adam", 3e-3), ("sgd", 1e-1))
"""With their learning rates. A step of Adam is as long whatever the size of the gradient is; one of SGD is not."""


@dataclass(frozen=True)
class Sizes:
    """Steps of a sequence, seeds, and training steps at most."""

    steps: int
    seeds: Seeds
    budget: int = BUDGET


def cases(sizes: Sizes) -> list[Case]:
    """List each arm, clipped and not, with each seed: the two see the same sequences from the same parameters."""
    return [
        axes.training(
            "clipped-training", "temporal-order", arm, sizes.steps, seed,
            clip=clip, budget=sizes.budget, optimiser=optimiser, learning_rate=rate,
        )
        for optimiser, rate in OPTIMISERS
        for arm in ARMS
        for clip in (NOT_CLIPPED, CLIP)
        for _, seed in sizes.seeds.judged()
    ]  # fmt: skip


STUDY = Study(
    name="clipped-training",
    question="Does clipping the gradient help a training?",
    sizes=PerPreset(
        quick=Sizes(20, Seeds(0, 0)), course=Sizes(20, SEEDS.course, budget=1000), full=Sizes(50, SEEDS.full)
    ),
    cases=cases,
    measure=Computed(measure_training),
)
