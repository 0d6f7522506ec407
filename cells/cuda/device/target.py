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
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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


@dataclass(frozen=True)
class Facts:
    """What a plan needs to know of a GPU."""

    name: str
    capability: tuple[int, int]
    multiprocessors: int
    shared_bytes: int
    """Shared memory that one block may have, at most."""
    gpcs: tuple[int, ...] = ()
    """Multiprocessors of each graphics processing cluster, inside of one of which a cluster of blocks has to be; none
    where blocks do not reach each other's shared memory (before capability 9.0)."""

    @property
    def clusters(self) -> bool:
        """Say whether blocks of a cluster reach each other's shared memory."""
        return bool(self.gpcs)

    def clusters_of(self, blocks: int) -> int:
        """Return how many clusters of that many blocks are there at once, a block on each multiprocessor."""
        return sum(count // blocks for count in self.gpcs)


# Data sheets, for plans where there is no GPU: compiling, simulating, and the table of resources.
A100 = Facts("NVIDIA A100", (8, 0), 108, 163 * 1024)
# No data sheet says how its 132 multiprocessors are distributed. 15 clusters of 8 blocks fit, not 16 (others' reports:
# NVIDIA/cutlass issue 1921, accel-sim/gpu-app-collection issue 87); this is the evenest distribution that explains it,
# an estimate until `python -m bench.gpu_checks --only room-for-clusters` has asked a driver.
HOPPER_GPCS = (18, 18, 18, 16, 16, 16, 16, 14)
H200 = Facts("NVIDIA H200", (9, 0), 132, 227 * 1024, HOPPER_GPCS)


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


def gpcs_of(multiprocessors: int) -> tuple[int, ...]:
    """Return how that many of a Hopper are distributed, as far as is known; no driver tells."""
    if multiprocessors == sum(HOPPER_GPCS):
        return HOPPER_GPCS
    whole, rest = divmod(multiprocessors, min(HOPPER_GPCS))
    return (min(HOPPER_GPCS),) * whole + ((rest,) if rest else ())
