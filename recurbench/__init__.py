"""The front door: `import recurbench` for the cells, the experiments and the analysis; the command is in `command`.

Nothing heavy is imported before it is used, so that `recurbench --help` is instant, and a laptop without numba can
read rows and build pages.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analysis import analyse
    from analysis.load import load, load_environments
    from bench.run.store import Store
    from cells import (
        SGD,
        Adam,
        Diverged,
        Gradients,
        History,
        Layer,
        Model,
        RMSprop,
        Step,
        Trace,
        Trainer,
        cell_names,
        count_bytes,
        count_flops,
        count_parameters,
        get_threads,
        gradient_profile,
        initialisers,
        jacobian_norms,
        lyapunov_spectrum,
        perturbation,
        set_threads,
        step_jacobians,
        train,
        using_threads,
    )
    from recurbench.opened.results import open as open
    from reports.build import build

__all__ = [
    "SGD",
    "Adam",
    "Diverged",
    "Gradients",
    "History",
    "Layer",
    "Model",
    "RMSprop",
    "Step",
    "Store",
    "Trace",
    "Trainer",
    "analyse",
    "build",
    "cell_names",
    "count_bytes",
    "count_flops",
    "count_parameters",
    "get_threads",
    "gradient_profile",
    "initialisers",
    "jacobian_norms",
    "load",
    "load_environments",
    "lyapunov_spectrum",
    "perturbation",
    "set_threads",
    "step_jacobians",
    "train",
    "using_threads",
]

_ELSEWHERE = {
    "Store": "bench.run.store",
    "analyse": "analysis",
    "build": "reports.build",
    "load": "analysis.load",
    "load_environments": "analysis.load",
    "main": "recurbench.command",
    "open": "recurbench.opened.results",
}
"""Where a name of the front door lives, if not in `cells`."""

_BY_NAME = ("main", "open")
"""What `from recurbench import *` leaves out: the command, and a name that would hide Python's own `open`."""


def __getattr__(name: str) -> Any:
    """Import what is asked for."""
    if name not in (*__all__, *_BY_NAME):
        raise AttributeError(f"module 'recurbench' has no attribute {name!r}; it has {', '.join(__dir__())}")
    return getattr(importlib.import_module(_ELSEWHERE.get(name, "cells")), name)


def __dir__() -> list[str]:
    """List what can be asked for."""
    return sorted((*__all__, *_BY_NAME))
