"""Which code measured a row: a hash of the sources of its measure and of all that the measure imports.

A row is measured anew when that code changes, and only then: an edit elsewhere, a comment or a docstring leaves it
valid.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.case import ON_GPU, Case
from cells import sources

OF_THE_GPU = "cells.cuda"
OF_THE_CPU = "cells.cpu"
DATA = (".toml",)
"""Endings of files that decide, beside the sources, what is measured: the costs of the rule that chooses a kernel."""


def code_version(measure: Callable[..., Any], case: Case) -> str:
    """Return 12 hex digits over the sources that measure a case.

    Kernels of the GPU do not count for what is measured on the CPU, nor the other way round.
    """
    return _version(_source(measure), OF_THE_CPU if case.backend in ON_GPU else OF_THE_GPU)


def _source(measure: Callable[..., Any]) -> Path:
    """Return the file of a measure, also of one that is wrapped or whose arguments are partly bound."""
    while not inspect.isfunction(measure):
        inner = getattr(measure, "rows", None) or getattr(measure, "func", None)
        if inner is None:
            raise TypeError(f"measure {measure!r} has no source; allowed: a function of a file")
        measure = inner
    return Path(inspect.getfile(measure)).resolve()


@functools.cache
def _version(source: Path, without: str) -> str:
    files = set(sources.closure_of_file(source, (without,)))
    folders = {path.parent for path in files if path.is_relative_to(sources.ROOT)}
    files |= {path for folder in folders for path in folder.iterdir() if path.suffix in DATA}
    return sources.digest_of_meaning(files)
