"""The names that a case may carry, and what is said of any other.

They are read from the folders they live in: nothing is imported, so numba is not needed.
"""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EQUATIONS = ROOT / "cells" / "equations"
STUDIES = ROOT / "bench" / "studies"
TASKS = ROOT / "bench" / "tasks"

DTYPES = ("float32", "float64", "bfloat16", "float16")
INITIALISERS = (
    "torch", "keras", "orthogonal", "torch-fb1", "chrono", "forget-bias", "gaussian", "scaled-orthogonal", "-",
)  # fmt: skip
"""Names of `cells.initialisers`, and "-" where nothing is initialised."""

EXPERIMENT = "experiment:"
"""What the study of an experiment of one's own begins with; its name follows."""
EXPERIMENT_NAME = "[a-z0-9][a-z0-9-]{0,59}"
EXPERIMENT_PATTERN = EXPERIMENT + EXPERIMENT_NAME

OTHER_WORK = ("activation", "matrix", "multiply-add", "convolution")
"""What is measured beside the cells: sigma and tanh alone, random matrices, the multiply-add peak, a convolution."""


def cell_names() -> tuple[str, ...]:
    """Name the cells: a file of `cells/equations` each."""
    return _stems(EQUATIONS)


def study_names() -> tuple[str, ...]:
    """Name the studies: a file of `bench/studies` each."""
    return tuple(name for name in _stems(STUDIES) if name != "registry" and not name.endswith("axes"))


def task_names() -> tuple[str, ...]:
    """Name the tasks that networks are trained for: a file of `bench/tasks` each."""
    return tuple(name for name in _stems(TASKS) if name != "registry")


def is_study(name: str) -> bool:
    """Say whether a study has that name: one of the folder, or an experiment of one's own."""
    return name in study_names() or re.fullmatch(EXPERIMENT_PATTERN, name) is not None


def unknown(what: str, given: object, known: Iterable[str], told: str = "known") -> str:
    """Return the message about a name that is none of `known`, with the one that was probably meant, if one is near.

    `told` introduces the known names. The cells have their own, `cells.unknown`: this one is read without them too.
    """
    names = list(known)
    by_lower = {name.lower().replace("_", "-"): name for name in names}
    near = difflib.get_close_matches(str(given).lower().replace("_", "-"), list(by_lower), n=1)
    hint = f"; did you mean {by_lower[near[0]]!r}?" if near else ""
    return f"unknown {what} {given!r}; {told}: {', '.join(names)}{hint}"


@functools.cache
def _stems(folder: Path) -> tuple[str, ...]:
    """Names of the modules of a folder, as users write them: a dash for each underscore."""
    return tuple(path.stem.replace("_", "-") for path in sorted(folder.glob("[a-z]*.py")))
