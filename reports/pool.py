"""A map over forked processes: drawings hold closures, which a fork inherits and a pickle could not carry."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")

_work: tuple[Callable[[Any], Any], Sequence[Any]] | None = None


def forked_map(
    function: Callable[[T], R], items: Sequence[T], track: Callable[[Iterable[R]], Iterable[R]] = iter
) -> list[R]:
    """Return `[function(item) for item in items]`, computed by one process per core where that is safe.

    `track` wraps the results as they come: a progress bar, for example. Safe is a fork on Linux from a process with a
    single thread; elsewhere it runs here, with the same results.
    """
    workers = min(len(items), len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1)
    if workers < 2 or not sys.platform.startswith("linux") or threading.active_count() > 1:
        return list(track(function(item) for item in items))
    global _work
    _work = (function, items)
    try:
        with multiprocessing.get_context("fork").Pool(workers) as pool:
            return list(track(pool.imap(_call, range(len(items)))))
    finally:
        _work = None


def _call(index: int) -> Any:
    if _work is None:
        raise RuntimeError("no work was inherited; call forked_map")
    function, items = _work
    return function(items[index])
