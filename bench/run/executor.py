"""Where items that are not timed may run: in this process, in N processes, or on a Dask cluster."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager

ALLOWED = "in-process, processes:N, dask:ADDRESS"


BLAS_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


@contextmanager
def open_executor(text: str) -> Iterator[Executor | None]:
    """Open the executor that `text` names; None stands for "in-process"."""
    kind, _, rest = text.partition(":")
    if text == "in-process":
        yield None
    elif kind == "processes" and rest.isdigit() and int(rest) >= 1:
        # Fresh processes, which read this when they load their BLAS: with its threads in each of them a core has two
        # masters that both wait by spinning (measured: 20 times slower on two cores).
        with _one_thread_each():
            pool = ProcessPoolExecutor(int(rest), multiprocessing.get_context("spawn"))
            try:
                yield pool
            finally:
                pool.shutdown(cancel_futures=True)  # interrupted, wait for what is running and for nothing else
    elif kind == "dask" and rest:
        try:
            from distributed import Client
        except ImportError as error:
            raise ValueError(f"executor {text!r} needs Dask: pip install 'recurbench[cluster]'") from error
        with Client(rest) as client:
            yield client.get_executor()
    else:
        raise ValueError(f"unknown executor {text!r}; known: {ALLOWED}")


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Let processes that start in here have one BLAS thread, unless the user has said otherwise."""
    added = [name for name in BLAS_THREADS if name not in os.environ]
    os.environ.update(dict.fromkeys(added, "1"))
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]
