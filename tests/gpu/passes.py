"""Which sharings a problem has on this GPU, and the kernels of many problems compiled at once, on all cores."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from multiprocessing import get_context
from typing import Any

from cells.cuda import target
from tests.problem import Problem

WAYS = (("forward", True), ("forward", False), ("backward", True))  # and whether slots are kept
Pass = tuple[Problem, str, str | None]
"""A problem, its dtype and its sharing."""


def fits(problem: Problem, dtype: str, sharing: str | None, facts: Any = None) -> bool:
    """Whether both ways have a design."""
    from cells.cuda.plan import sharings

    size = (problem.cell, problem.hidden_size, problem.batch_size, dtype, facts or target.facts())
    return sharing is None or all(sharing in sharings(*size, way) for way in ("forward", "backward"))


def compile_ahead(passes: Iterable[Pass]) -> None:
    """Machine code of these passes to the disk, where the layers of this process find it."""
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        for _ in pool.map(_compile, passes, repeat(target.facts()), chunksize=2):
            pass


def _compile(each: Pass, facts: Any) -> None:
    from cells.cuda.compile import compiled
    from cells.cuda.plan import choose
    from cells.cuda.run import kernel_of

    problem, dtype, sharing = each
    if not fits(problem, dtype, sharing, facts):
        return
    size = (problem.cell, problem.hidden_size, problem.batch_size, dtype, facts)
    for way, keep in WAYS:
        design = choose(*size, way=way, keep=keep, sharing=sharing).design
        compiled(kernel_of(design, way), facts.capability)
