"""A map over processes, one per core."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")

_function: Callable[[Any], Any] | None = None
"""What the processes of a map compute: they inherit it, with all that it holds, and nothing of it is copied."""


def parallel_map(
    function: Callable[[T], R], items: Sequence[T], track: Callable[[Iterable[R]], Iterable[R]] = iter
) -> list[R]:
    """Return `[function(item) for item in items]`, computed by one process per core where a fork is safe.

    A fork starts at once, with every module loaded, and needs no guard in the script that calls; it is safe on Linux,
    in a process with a single thread. Elsewhere the items are computed here, one after the other.

    Parameters
    ----------
    function
        Takes an item. Items and results travel between processes, so they can be pickled; the function need not.
    items
        What it is applied to.
    track
        Wraps the results as they come: a progress bar, for example.

    """
    workers = min(len(items), len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1)
    if workers < 2 or not sys.platform.startswith("linux") or threading.active_count() > 1:
        return list(track(function(item) for item in items))
    global _function
    outer, _function = _function, function
    try:
        with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("fork")) as pool:
            return list(track(pool.map(_apply, items)))
    finally:
        _function = outer


def _apply(item: Any) -> Any:
    """Compute an item in a process that inherited the function."""
    assert _function is not None
    return _function(item)
