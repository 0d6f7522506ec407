"""Train every cell on tasks that need a memory, over the length of the sequences and the learning rate."""

from __future__ import annotations

from bench.case import Case
from bench.measures.training import measure_training
from bench.studies.training_axes import MORE, SEEDS, WIDE, Sweep, Sweeps, adding_arms
from bench.study import Computed, PerPreset, Study


def cases(sweeps: Sweeps) -> list[Case]:
    """List each arm on each task, at each length and learning rate."""
    return sweeps.cases("memory-tasks")


STUDY = Study(
    name="memory-tasks",
    question="Which cells learn to keep something, over how many steps, and at which learning rates?",
    sizes=PerPreset(
        quick=Sweeps((Sweep("delayed-xor", (10, 20), learning_rates=(3e-3,), budget=1000),), SEEDS.quick),
        course=Sweeps(
            (
                Sweep("delayed-xor", (10, 20), seeds=MORE),
                Sweep("delayed-xor", (40,), budget=1500, seeds=MORE),
                Sweep("delayed-xor", (100,), budget=1500),
                Sweep("temporal-order", (20, 50), learning_rates=(1e-3, 3e-3), budget=1500, seeds=MORE),
                Sweep("temporal-order", (100,), learning_rates=(1e-3, 3e-3), budget=1500),
                Sweep("adding", (50,), WIDE, learning_rates=(3e-3, 1e-2), budget=1500, arms=adding_arms),
            ),
            SEEDS.course,
        ),
        full=Sweeps(
            (
                Sweep("delayed-xor", (10, 20, 40, 100)),
                Sweep("temporal-order", (20, 50, 100)),
                Sweep("adding", (25, 50, 100), WIDE),
            ),
            SEEDS.full,
        ),
    ),
    cases=cases,
    measure=Computed(measure_training),
)
