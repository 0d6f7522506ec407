"""Which code measured a row: a hash of the sources of its measure and of all that the measure imports.

A row is measured anew when that code changes, and only then: an edit elsewhere, a comment or a docstring leaves it
valid.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.case import ON_GPU, Case
from cells import sources

OF_THE_GPU, OF_THE_CPU = "cells.cuda", "cells.cpu"
DATA = (".toml",)
"""Endings of files that decide, beside the sources, what is measured: the costs of the rule that chooses a kernel."""


def code_version(measure: Callable[..., Any], case: Case) -> str:
    """Return 12 hex digits over the sources that measure a case.

    Kernels of the GPU do not count for what is measured on the CPU, nor the other way round.
    """
    without = OF_THE_CPU if case.backend in ON_GPU else OF_THE_GPU
    return _version(_module(measure), without)


def _module(measure: Callable[..., Any]) -> str:
    """Name the module of a measure, also of one whose arguments are partly bound."""
    while isinstance(measure, functools.partial):
        measure = measure.func
    return measure.__module__


@functools.cache
def _version(module: str, without: str) -> str:
    files = set(sources.closure(module, (without,)))
    folders = {path.parent for path in files}
    files |= {path for folder in folders for path in folder.iterdir() if path.suffix in DATA}
    return sources.digest_of_meaning(files)


def files_of(measure: Callable[..., Any], case: Case) -> frozenset[Path]:
    """Return the sources whose change makes a case of this measure be measured anew."""
    return sources.closure(_module(measure), (OF_THE_CPU if case.backend in ON_GPU else OF_THE_GPU,))
