"""Threads, and how work is shared among them. They meet in compiled code that holds no lock of Python's (see `fork`).

numba's own parallel regions cost more than a small layer's whole step, and would be compiled a second time.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from cells.cpu.memory import aligned
from cells.cpu.threads.fork import FIELDS, GIVEN, TAKEN, serve

Shares = NDArray[np.int64]
LOOKS = 20_000  # at a counter before a thread goes to sleep: a millisecond or less, as long as the CPU pauses
WORTH_A_THREAD = 2_000_000  # floating-point operations: below it, handing work over costs more than it saves
MOST_THREADS = 256

_count = 0
_lock = threading.Lock()


def available_threads() -> int:
    """Return the number of CPUs that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def get_threads() -> int:
    """Return the number of threads that kernels use: what `set_threads` said, else one per available CPU."""
    return _count or min(available_threads(), MOST_THREADS)


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


def split(pieces: int, work: float) -> Shares:
    """Cut `pieces` into shares (first, last, number, of), one a thread; one where `work` (FLOP) is too small."""
    count = max(min(get_threads(), pieces), 1) if work >= WORTH_A_THREAD else 1
    bounds = [pieces * i // count for i in range(count + 1)]
    return np.array([(bounds[i], bounds[i + 1], i, count) for i in range(count)], np.int64)


def alone(shares: Shares) -> Shares:
    """Return the shares of threads that meet at no barrier: each is party 0 of 1."""
    shares[:, 2:] = (0, 1)
    return shares


def call_kernel(kernel: Callable[..., None], shares: Shares, *arguments: object) -> None:
    """Call `kernel(worker_table, shares, *arguments)`, which forks, with as many threads ready as there are shares.

    Callers in several threads take turns: a task with barriers needs all of its threads at once.
    """
    if len(shares) == 1:
        kernel(_NOBODY, shares, *arguments)
        return
    with _lock:
        while len(_workers) < len(shares) - 1:
            _workers.append(_Worker(_worker_table[len(_workers) + 1]))
        cpu = _cpu_of_this_thread()
        called = _workers[: len(shares) - 1]
        try:
            for worker in called:
                worker.call(cpu)
            kernel(_worker_table, shares, *arguments)
        finally:
            for worker in called:
                worker.tasks = int(worker.line[GIVEN // 8])  # one fewer where the kernel was never reached


class _Worker:
    """A thread that does tasks in compiled code. After each it looks out for the next for a moment, then sleeps."""

    def __init__(self, line: NDArray[np.int64]) -> None:
        self.line = line
        self.tasks = 0  # given so far, or about to be
        self._kept_off = -1
        self._asleep = False
        self._mutex, self._bed = threading.Lock(), threading.Lock()
        self._bed.acquire()
        serve(line.ctypes.data, 0)  # compiled here, where an error can be raised
        self._thread = threading.Thread(target=self._work, name="recurbench", daemon=True)
        self._thread.start()

    def call(self, cpu: int) -> None:
        """Be awake for a task that comes from a thread on `cpu` (-1: unknown)."""
        if cpu != self._kept_off and self._thread.native_id is not None:
            # The system may wake both on one CPU and leave the other idle for many milliseconds (measured, Linux).
            others = os.sched_getaffinity(0) - {cpu}
            if others:
                with contextlib.suppress(OSError):  # forbidden here: then the system places it as it likes
                    os.sched_setaffinity(self._thread.native_id, others)
            self._kept_off = cpu
        with self._mutex:
            self.tasks += 1
            if self._asleep:
                self._asleep = False
                self._bed.release()

    def _work(self) -> None:
        while True:
            serve(self.line.ctypes.data, LOOKS)
            with self._mutex:
                sleepy = self._asleep = bool(self.line[TAKEN // 8] >= self.tasks)
            if sleepy:
                self._bed.acquire()


_NOBODY = np.zeros((1, FIELDS), np.int64)
_worker_table = aligned((MOST_THREADS, FIELDS), np.dtype(np.int64))
_worker_table[:] = 0
_workers: list[_Worker] = []
_libc = ctypes.CDLL(None) if hasattr(os, "sched_setaffinity") else None
_cpu_of_this_thread: Callable[[], int] = getattr(_libc, "sched_getcpu", lambda: -1)


def _forget_workers() -> None:
    """Forget the workers in a forked child, which has none of its parent's threads."""
    global _lock
    _workers.clear()
    _worker_table[:] = 0
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_workers)
