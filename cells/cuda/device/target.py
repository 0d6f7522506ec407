"""Where kernels run: the first GPU of this machine, or a simulated one.

`RECURBENCH_CUDA=simulator`, set before the first import, swaps the GPU for the simulator (`cells.cuda.simulator`):
every kernel then runs as plain Python, thread by thread, with checks for races, deadlocks and stray indices.
"""

from __future__ import annotations

import functools
import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from cells.cuda.device.facts import Facts
from cells.cuda.device.interface import Device

# The module whose `make_device` gives the device of each kind; it is imported on first use.
DEVICES = {"gpu": "cells.cuda.device.driver", "simulator": "cells.cuda.simulator.device"}
VARIABLE = "RECURBENCH_CUDA"
KIND = os.environ.get(VARIABLE, "gpu")
if KIND not in DEVICES:
    raise ValueError(f"{VARIABLE} is {KIND!r}; allowed: {', '.join(DEVICES)}")
SIMULATED = KIND == "simulator"
"""Asked by `cells.cuda.kernels.instructions` alone, and by checks that a simulator cannot pass."""

TRAVELLING = "RECURBENCH_CUBINS"
"""Names a folder of machine code that came along: see `cells.cuda.device.cubins`."""

INSTALL = 'pip install "recurbench[cuda13]" (or cuda12, for an older driver)'


class CudaUnavailable(RuntimeError):
    """There is no GPU to run on, or something that its kernels need is not installed."""


_device: ContextVar[Device | None] = ContextVar("device", default=None)


def device() -> Device:
    """Return what kernels run on now: the GPU or the simulator, unless `using_device` says otherwise."""
    return _device.get() or _chosen()


@functools.cache
def _chosen() -> Device:
    chosen: Device = importlib.import_module(DEVICES[KIND]).make_device()
    return chosen


@contextmanager
def using_device(other: Device) -> Iterator[None]:
    """Take another device inside, as a rehearsal does."""
    token = _device.set(other)
    try:
        yield
    finally:
        _device.reset(token)


def missing() -> str | None:
    """Say what a kernel lacks to run here, or None."""
    return device().missing()


def require() -> None:
    """Raise CudaUnavailable unless kernels can run."""
    reason = missing()
    if reason is not None:
        raise CudaUnavailable(f'backend "cuda": {reason}. Allowed without a GPU: backend="cpu"')


def facts() -> Facts:
    """Return the facts of the first GPU; in the simulator those of a data sheet."""
    require()
    return device().facts()


def cuda_core() -> Any:
    """Return the package that links, launches and owns device memory."""
    import cuda.core

    return cuda.core
