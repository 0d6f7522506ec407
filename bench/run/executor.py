"""Where items that are not timed may run: in this process, in N processes, or on a Dask cluster."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager

ALLOWED = "in-process, processes:N, dask:ADDRESS"


@contextmanager
def open_executor(text: str) -> Iterator[Executor | None]:
    """Open the executor that `text` names; None stands for "in-process"."""
    kind, _, rest = text.partition(":")
    if text == "in-process":
        yield None
    elif kind == "processes" and rest.isdigit() and int(rest) >= 1:
        with ProcessPoolExecutor(int(rest)) as pool:
            yield pool
    elif kind == "dask" and rest:
        try:
            from distributed import Client
        except ImportError as error:
            raise ValueError("executor dask needs the package distributed: pip install distributed") from error
        with Client(rest) as client:
            yield client.get_executor()
    else:
        raise ValueError(f"unknown executor {text!r}; known: {ALLOWED}")
