"""What is told of a build while it goes on: bars in a terminal, a line for each stage elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def told(stage: str) -> Iterator[None]:
    """Say in a line on stderr how long a stage of the build took; in a terminal there are bars instead."""
    began = time.perf_counter()
    yield
    if not sys.stderr.isatty():
        print(f"{stage}: {time.perf_counter() - began:.1f} s", file=sys.stderr)


def tracked(what: str, total: int | None = None) -> Callable[[Iterable[Any]], Iterable[Any]]:
    """Return a wrapper that shows a progress bar over what it wraps; only in a terminal."""
    from tqdm import tqdm

    class Bar(tqdm):  # type: ignore[misc]
        monitor_interval = 0  # no watching thread: a process with two threads cannot be forked safely

    return lambda items: Bar(items, desc=what, total=total, unit=what, disable=None, leave=False)
