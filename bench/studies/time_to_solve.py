"""Time trainings until they solve their task."""

from __future__ import annotations

from dataclasses import dataclass

from bench.case import SHAPE, Case
from bench.measures import time_to_solve
from bench.studies import training_axes as axes
from bench.studies.training_axes import Arm
from bench.study import PerPreset, Study

# At these learning rates both cells solve the task (see DECISIONS.md); the other choice is as fair to both.
TASKS = (("delayed-xor", 20, 1e-3), ("temporal-order", 20, 3e-3), ("adding", 50, 1e-2))
"""(task, steps, learning rate)."""


@dataclass(frozen=True)
class Sizes:
    """Tasks of `TASKS` by their name, the networks that are trained on them, and how many of each."""

    tasks: tuple[str, ...]
    arms: tuple[Arm, ...]
    seeds: int


def cases(sizes: Sizes) -> list[Case]:
    """List a training of each network on each task and seed."""
    seeds = axes.Seeds(tuning=0, judging=sizes.seeds)
    return [
        axes.training("time-to-solve", task, arm, steps, seed, learning_rate=rate)
        for task, steps, rate in TASKS
        if task in sizes.tasks
        for _, seed in seeds.judged()
        for arm in sizes.arms
    ]


ALL = tuple(task for task, _, _ in TASKS)
STUDY = Study(
    name="time-to-solve",
    question="How long does a network take to solve a task?",
    sizes=PerPreset(
        quick=Sizes(("temporal-order",), (axes.LSTM, axes.GRU), 5),
        course=Sizes(ALL, (axes.LSTM, axes.GRU), 8),
        full=Sizes(ALL, (axes.RNN, axes.LSTM, axes.GRU), 19),
    ),
    cases=cases,
    measure=time_to_solve.measure,
    timed=True,
    meets=(*SHAPE, "seed"),
)
