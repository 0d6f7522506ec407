"""The same random settings for every cell, and for a feedforward network that reads the whole sequence at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.case import Case
from bench.measures.training import measure_training
from bench.studies import training_axes as axes
from bench.studies.axes import FIRST_SEED
from bench.studies.training_axes import BUDGET, GRU, LSTM, RNN
from bench.study import Computed, PerPreset, Study
from bench.training import FLAT

ARMS = ((RNN, "steps"), (LSTM, "steps"), (GRU, "steps"), (RNN, FLAT))
"""Arms with the way in which they are fed; an RNN that is fed all at once is a feedforward network."""
TASKS = ("temporal-order", "adding")
STEPS = 20
LEARNING_RATES = (1e-4, 1e-1)
CLIPS = (0.1, 10.0)
HIDDEN_SIZES = (8, 64)
"""Ends of what is drawn, evenly on a logarithmic axis."""


@dataclass(frozen=True)
class Setting:
    """One draw of what a training leaves to whoever tunes it."""

    seed: int
    learning_rate: float
    clip: float
    hidden_size: int


@dataclass(frozen=True)
class Sizes:
    """Draws, and training steps at most."""

    draws: int
    budget: int = BUDGET


def settings(draws: int) -> list[Setting]:
    """Draw the settings; the first are the same however many there are. Rates and clips have two digits."""
    found = []
    for seed in range(FIRST_SEED, FIRST_SEED + draws):
        rate, clip, hidden = (
            float(np.exp(low + share * (high - low)))
            for share, (low, high) in zip(
                np.random.default_rng(seed).random(3),
                np.log((LEARNING_RATES, CLIPS, HIDDEN_SIZES)),
                strict=True,
            )
        )
        found.append(Setting(seed, float(f"{rate:.1e}"), float(f"{clip:.1e}"), round(hidden)))
    return found


def cases(sizes: Sizes) -> list[Case]:
    """List every arm under every setting, on each task; a setting has a seed of its own, the same for all arms."""
    return [
        axes.training(
            "random-search", task, arm, STEPS, drawn.seed,
            layout=layout, learning_rate=drawn.learning_rate, clip=drawn.clip, hidden_size=drawn.hidden_size,
            budget=sizes.budget,
        )
        for task in TASKS
        for drawn in settings(sizes.draws)
        for arm, layout in ARMS
    ]  # fmt: skip


STUDY = Study(
    name="random-search",
    question="How many random settings of a training work, for each kind of network?",
    sizes=PerPreset(quick=Sizes(0), course=Sizes(16, budget=1000), full=Sizes(60)),
    cases=cases,
    measure=Computed(measure_training),
)
