"""The studies there are: one line each, in the order in which they are planned."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from bench.names import unknown
from bench.study import Study

FILES = (
    "parameters",
    "activations",
    "gates",
    "gradients",
    "every_step",
    "truncated",
    "spread",
    "forget_bias",
    "memory_curse",
    "gain",
    "clipping",
    "mean_field",
    "linear",
    "chrono",
    "underflow",
    "clamped",
    "ends",
    "sequences",
    "reach",
    "jacobians",
    "spectrum",
    "matrices",
    "radius",
    "critical_gain",
    "memory_tasks",
    "more_tasks",
    "learning_curves",
    "random_search",
    "future_context",
    "during_training",
    "one_network",
    "clipped_training",
    "kernels",
    "compile",
    "peak",
    "steps",
    "runtime",
    "parallel",
    "grid",
    "training_speed",
    "training_parts",
    "time_to_solve",
    "call_costs",
    "gpu",
    "sharings",
)

STUDIES: tuple[Study[Any], ...] = tuple(import_module(f"bench.studies.{file}").STUDY for file in FILES)


def find_studies(names: Sequence[str] | None) -> tuple[Study[Any], ...]:
    """Select the studies of those names, in the registry's order; all of them for None.

    Raises ValueError for an unknown name.
    """
    known = {study.name: study for study in STUDIES}
    for name in names or ():
        if name not in known:
            raise ValueError(unknown("study", name, known))
    return tuple(study for study in STUDIES if not names or study.name in names)
