"""Train cells on more tasks, each at one length: order, lengths that vary, copying, parity, counting."""

from __future__ import annotations

from bench.case import Case
from bench.measures.training import measure_training
from bench.studies.training_axes import SEEDS, WIDE, Seeds, Sweep, Sweeps, few_arms, fixed_arms
from bench.study import Computed, PerPreset, Study

RATES = (3e-3, 1e-2)


def cases(sweeps: Sweeps) -> list[Case]:
    """List each arm on each task, at each learning rate."""
    return sweeps.cases("more-tasks")


STUDY = Study(
    name="more-tasks",
    question="Does it depend on the task which cell learns it?",
    sizes=PerPreset(
        quick=Sweeps((), SEEDS.quick),
        course=Sweeps(
            (
                Sweep("temporal-order-3", (30,), learning_rates=RATES, budget=1500, arms=few_arms),
                Sweep("adding-variable", (30,), learning_rates=RATES, budget=1500, arms=few_arms),
                Sweep("counting", (21,), learning_rates=RATES, budget=1500, arms=few_arms),
                Sweep("parity", (20,), learning_rates=RATES, budget=1000, arms=few_arms),
            ),
            Seeds(tuning=1, judging=3),
        ),
        full=Sweeps(
            (
                Sweep("temporal-order-3", (60,), arms=fixed_arms),
                Sweep("adding-variable", (60,), WIDE, arms=fixed_arms),
                Sweep("copy-memory", (40,), WIDE, arms=fixed_arms),
                Sweep("counting", (41,), arms=fixed_arms),
                Sweep("parity", (20,), arms=fixed_arms),
            ),
            SEEDS.full,
        ),
    ),
    cases=cases,
    measure=Computed(measure_training),
)
