"""Threads over the rows of a batch. Kernels release the GIL, so plain Python threads run them in parallel.

numba's own parallel regions cost more than a small layer's whole step, and would be compiled a second time.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

WORTH_A_THREAD = 2_000_000  # floating-point operations: below it, handing work over costs more than it saves

MOST_THREADS = 256

_count = 0
_lock = threading.Lock()
_pool: ThreadPoolExecutor | None = None


def available_threads() -> int:
    """CPUs that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def get_threads() -> int:
    """Threads that kernels use: what `set_threads` said, else one per available CPU."""
    return _count or available_threads()


def set_threads(count: int) -> None:
    """Use `count` threads. Results do not depend on it, bit for bit."""
    global _count
    if isinstance(count, bool) or not isinstance(count, int):
        raise TypeError(f"threads is {count!r}; allowed: an integer from 1 to {MOST_THREADS}")
    if not 1 <= count <= MOST_THREADS:
        raise ValueError(f"threads is {count}; allowed: an integer from 1 to {MOST_THREADS}")
    _count = count


@contextmanager
def using_threads(count: int) -> Iterator[None]:
    """Use `count` threads inside the block, and afterwards as many as before."""
    global _count
    before = _count
    set_threads(count)
    try:
        yield
    finally:
        _count = before


def split_rows(rows: int, work: float) -> list[tuple[int, int]]:
    """Contiguous shares [first, last) of `rows`, one a thread; one share where `work` (FLOP) is too small."""
    shares = min(get_threads(), rows) if work >= WORTH_A_THREAD else 1
    bounds = [rows * i // shares for i in range(shares + 1)]
    return list(itertools.pairwise(bounds))


def run(task: Callable[[int, int], None], shares: list[tuple[int, int]]) -> None:
    """Call `task(first, last)` for every share, the first of them on this thread; errors come through."""
    global _pool
    if len(shares) == 1:
        task(*shares[0])
        return
    with _lock:
        if _pool is None:
            _pool = ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="recurbench")  # starts them as they are needed
        pool = _pool
    waiting = [pool.submit(task, *share) for share in shares[1:]]
    task(*shares[0])
    for future in waiting:
        future.result()


def _forget_pool() -> None:
    """A forked child has none of its parent's threads."""
    global _pool, _lock
    _pool, _lock = None, threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_pool)
