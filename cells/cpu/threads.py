"""Threads over the rows of a batch. Kernels release the GIL, so plain Python threads run them in parallel.

numba's own parallel regions cost more than a small layer's whole step, and would be compiled a second time.
"""

from __future__ import annotations

import itertools
import os
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cells.cpu.waiting import ABANDONED, finish_and_wait, wait_for

Array = NDArray[Any]
LOOKS = 20_000  # at a counter before a thread goes to sleep, about a millisecond
WORTH_A_THREAD = 2_000_000  # floating-point operations: below it, handing work over costs more than it saves
MOST_THREADS = 256

_count = 0
_lock = threading.Lock()


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


def run(task: Callable[..., None], shares: Sequence[tuple[int, ...]]) -> None:
    """Call `task(*share, counter, entered)` for every share at the same time; errors come through.

    The first share is done on this thread. counter: address of a counter for barriers inside the task; after an error
    nobody waits there any longer. entered: address that each share tells `enter` as soon as it needs Python's lock no
    longer. With a single share both are 0.
    """
    if len(shares) == 1:
        task(*shares[0], 0, 0)
        return
    counter = np.zeros(1, np.int64)
    jobs = [_Job(task, (*share, counter.ctypes.data, _entered.ctypes.data), counter) for share in shares]
    with _lock:  # all jobs of a call are queued before any of the next: so two callers never wait for each other
        while len(_workers) < len(shares) - 1:
            _workers.append(_Worker())
        for worker, job in zip(_workers, jobs[1:], strict=False):
            worker.give(job)
    jobs[0].do()
    for job in jobs[1:]:
        job.wait()
    for job in jobs:
        if job.error is not None:
            raise job.error


_entered = np.zeros(1, np.int64)


class _Job:
    """One share of a task, and whether it is done."""

    def __init__(self, task: Callable[..., None], share: tuple[int, ...], counter: Array) -> None:
        self.task, self.share, self.counter = task, share, counter
        self.error: BaseException | None = None
        self.finished = np.zeros(1, np.int64)
        self.asleep = threading.Lock()
        self.asleep.acquire()

    def do(self) -> None:
        try:
            self.task(*self.share)
        except BaseException as error:  # also Ctrl-C: it is raised again where the call was made
            self.error = error
            self.counter[0] = ABANDONED
        self.asleep.release()

    def wait(self) -> None:
        if not wait_for(self.finished.ctypes.data, 1, LOOKS):
            with self.asleep:
                pass


class _Worker:
    """A thread that does jobs in order. After each it looks out for the next for a moment, then sleeps."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._given = np.zeros(2, np.int64)  # jobs; what `_entered` was at the last of them
        threading.Thread(target=self._work, name="recurbench", daemon=True).start()

    def give(self, job: _Job) -> None:
        self._jobs.put(job)
        self._given[1] = _entered[0]
        self._given[0] += 1

    def _work(self) -> None:
        given, entered = self._given.ctypes.data, _entered.ctypes.data
        for done in itertools.count(1):
            job = self._jobs.get()
            job.do()
            finish_and_wait(job.finished.ctypes.data, given, done + 1, entered, LOOKS)


_workers: list[_Worker] = []


def _forget_workers() -> None:
    """A forked child has none of its parent's threads."""
    global _lock
    _workers.clear()
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_workers)
