"""Axes of the studies that train networks: arms, learning rates, seeds, and what every training has in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bench.case import Case, make_case
from bench.studies.axes import CHRONO_T_MAX, FIRST_SEED
from bench.study import PerPreset
from bench.tasks.registry import find_task

LEARNING_RATES = (3e-4, 1e-3, 3e-3, 1e-2)
"""Of Adam. What is solved depends on it more than on anything else, so that no single one would be fair."""
LEARNING_RATE = 3e-3
"""Where there is one alone."""
BUDGET = 4000
CLIP = 1.0
HIDDEN_SIZE = 32
WIDE = 64
"""Hidden size of the adding task, which needs more units than the others."""
ORACLE = 1.5
"""The chrono initialiser that knows the length: T_max is this times T."""
TUNING_SEED = FIRST_SEED + 1000
"""Seeds that choose a learning rate count from here: none of them is judged."""


@dataclass(frozen=True)
class Seeds:
    """How many trainings choose the learning rate of an arm, and how many are judged."""

    tuning: int
    judging: int

    def with_roles(self) -> Iterator[tuple[str, int]]:
        """Yield (role, seed) of each."""
        yield from (("tuning", TUNING_SEED + place) for place in range(self.tuning))
        yield from self.judged()

    def judged(self) -> Iterator[tuple[str, int]]:
        """Yield (role, seed) of those that are judged, where there is nothing to choose."""
        yield from (("judging", FIRST_SEED + place) for place in range(self.judging))


SEEDS = PerPreset(quick=Seeds(1, 2), course=Seeds(2, 5), full=Seeds(3, 10))
MORE = Seeds(2, 10)
"""For a course where five seeds leave open which of two arms remembers longer."""


@dataclass(frozen=True, order=True)
class Arm:
    """A cell and how its parameters are drawn."""

    cell: str
    initialiser: str = "torch"
    value: float = 0.0


RNN, LSTM, GRU = Arm("rnn"), Arm("lstm"), Arm("gru")
ORTHOGONAL_RNN = Arm("rnn", "orthogonal")
FB1_LSTM = Arm("lstm", "torch-fb1")
CHRONO_LSTM, CHRONO_GRU = Arm("lstm", "chrono", CHRONO_T_MAX), Arm("gru", "chrono", CHRONO_T_MAX)
FIXED_ARMS = (RNN, LSTM, FB1_LSTM, CHRONO_LSTM, GRU, CHRONO_GRU)
"""PyTorch's default, and initialisers that help to keep a state; none knows the length of the sequences."""


FEW_ARMS = (RNN, LSTM, FB1_LSTM, CHRONO_LSTM, GRU)
"""Where a course cannot pay for all."""


def fixed_arms(steps: int) -> tuple[Arm, ...]:
    """List the arms that do not know the length."""
    return FIXED_ARMS


def few_arms(steps: int) -> tuple[Arm, ...]:
    """List the arms of a course."""
    return FEW_ARMS


def adding_arms(steps: int) -> tuple[Arm, ...]:
    """List the three cells as PyTorch draws them, and the RNN whose gradient starts flat."""
    return RNN, ORTHOGONAL_RNN, LSTM, GRU


def all_arms(steps: int) -> tuple[Arm, ...]:
    """List every arm at a length, with the two oracles that know it."""
    oracles = (Arm(cell, "chrono", ORACLE * steps) for cell in ("lstm", "gru"))
    return tuple(dict.fromkeys((RNN, ORTHOGONAL_RNN, *FIXED_ARMS[1:], *oracles)))


@dataclass(frozen=True)
class Sweep:
    """A task at some lengths: which arms are trained, at which learning rates, and for how many steps at most."""

    task: str
    steps: tuple[int, ...]
    hidden_size: int = HIDDEN_SIZE
    learning_rates: tuple[float, ...] = LEARNING_RATES
    budget: int = BUDGET
    arms: Callable[[int], tuple[Arm, ...]] = all_arms
    seeds: Seeds | None = None
    """None: those that all sweeps have."""


@dataclass(frozen=True)
class Sweeps:
    """Several of them, and the seeds of each of their points unless a sweep has its own."""

    sweeps: tuple[Sweep, ...]
    seeds: Seeds

    def cases(self, study: str) -> list[Case]:
        """List each arm at each length and learning rate; other seeds choose a rate than are judged."""
        return [
            training(
                study, sweep.task, arm, steps, seed,
                role=role, learning_rate=rate, hidden_size=sweep.hidden_size, budget=sweep.budget,
            )
            for sweep in self.sweeps
            for steps in sweep.steps
            for arm in sweep.arms(steps)
            for rate in sweep.learning_rates
            for role, seed in (sweep.seeds or self.seeds).with_roles()
        ]  # fmt: skip


def training(study: str, task: str, arm: Arm, steps: int, seed: int, **settings: Any) -> Case:
    """Return a training: with Adam, clipped at 1, in batches of the task's own size, unless the settings differ."""
    known = find_task(task)
    usual: dict[str, Any] = {
        "hidden_size": HIDDEN_SIZE,
        "batch_size": known.batch,
        "input_size": known.inputs,
        "inputs": "-",
        "optimiser": "adam",
        "learning_rate": LEARNING_RATE,
        "clip": CLIP,
        "budget": BUDGET,
        "role": "judging",
    }
    return make_case(
        study,
        arm.cell,
        direction="training",
        initialiser=arm.initialiser,
        initialiser_value=arm.value,
        task=task,
        seq_len=steps,
        seed=seed,
        **usual | settings,
    )
