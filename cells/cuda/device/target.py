"""Where kernels run: numba's CUDA target, or a simulated GPU. The one module that imports `cuda`.

`RECURBENCH_CUDA=simulator`, set before the first import, swaps the GPU for the simulator (`cells.cuda.simulator`):
every kernel then runs as plain Python, thread by thread, with checks for races, deadlocks and stray indices.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import numpy as np

KINDS = ("gpu", "simulator")
VARIABLE = "RECURBENCH_CUDA"
KIND = os.environ.get(VARIABLE, "gpu")
if KIND not in KINDS:
    raise ValueError(f"{VARIABLE} is {KIND!r}; allowed: {', '.join(KINDS)}")
SIMULATED = KIND == "simulator"

OLDEST_CORE = (1, 0)
TRAVELLING = "RECURBENCH_CUBINS"
"""Names a folder of machine code that came along: see `cells.cuda.device.cubins`."""

INSTALL = 'pip install "recurbench[cuda13]" (or cuda12, for an older driver)'
COMPILER: str | None = None
"""What is missing to compile a kernel, or None."""

cuda: Any
if SIMULATED:
    from cells.cuda.simulator.instructions import cuda
else:
    # numba-cuda 0.30.4 asks for it as it is imported, and NumPy 2.5 has it no more.
    vars(np).setdefault("row_stack", np.vstack)
    try:
        import _numba_cuda_redirector  # noqa: F401 - numba's built-in CUDA target is another, older package
        from numba import cuda

        if "numba_cuda" not in cuda.__file__:
            COMPILER = f"numba.cuda is numba's built-in target; numba-cuda has to be imported first: {INSTALL}"
    except ImportError as error:
        cuda, COMPILER = None, f"{error.name or error} is not installed: {INSTALL}"
    except Exception as error:  # of versions that do not fit each other; machine code that came along runs all the same
        cuda, COMPILER = None, f"numba-cuda cannot be imported ({type(error).__name__}: {error}): {INSTALL}"


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
        """Whether blocks of a cluster reach each other's shared memory."""
        return bool(self.gpcs)

    def clusters_of(self, blocks: int) -> int:
        """Clusters of that many blocks that are there at once, a block on each multiprocessor."""
        return sum(count // blocks for count in self.gpcs)


# Data sheets, for plans where there is no GPU: compiling, simulating, and the table of resources.
A100 = Facts("NVIDIA A100", (8, 0), 108, 163 * 1024)
# No data sheet says how its 132 multiprocessors are distributed. 15 clusters of 8 blocks fit, not 16 (others' reports:
# NVIDIA/cutlass issue 1921, accel-sim/gpu-app-collection issue 87); this is the evenest distribution that explains it,
# an estimate until `python -m bench.gpu_checks --only room-for-clusters` has asked a driver.
HOPPER_GPCS = (18, 18, 18, 16, 16, 16, 16, 14)
H200 = Facts("NVIDIA H200", (9, 0), 132, 227 * 1024, HOPPER_GPCS)


def missing() -> str | None:
    """What a kernel lacks to run here, or None."""
    if SIMULATED:
        return None
    if COMPILER is not None and not os.environ.get(TRAVELLING):  # machine code that came along needs none
        return COMPILER
    try:
        version = metadata.version("cuda-core")
    except metadata.PackageNotFoundError:
        return f"cuda-core is not installed: {INSTALL}"
    # Before, a grid was counted in blocks also where clusters were asked for, and launches had other names.
    if tuple(map(int, version.split(".")[:2])) < OLDEST_CORE:
        return f"cuda-core is {version}; needed: {'.'.join(map(str, OLDEST_CORE))} or later; {INSTALL}"
    try:
        count = len(cuda_core().Device.get_all_devices())
    except Exception as error:
        return f"no NVIDIA driver answers ({type(error).__name__}: {error}); needed: an NVIDIA GPU and its driver"
    return None if count else "the NVIDIA driver sees no GPU; needed: an NVIDIA GPU (compute capability 8.0 or later)"


def require() -> None:
    """CudaUnavailable unless kernels can run."""
    reason = missing()
    if reason is not None:
        raise CudaUnavailable(f'backend "cuda": {reason}. Allowed without a GPU: backend="cpu"')


def cuda_core() -> Any:
    """The package that links, launches and owns device memory."""
    import cuda.core

    return cuda.core


_standing_in: ContextVar[Facts | None] = ContextVar("standing_in", default=None)


@contextmanager
def standing_in(chip: Facts) -> Iterator[None]:
    """Inside, the simulator stands in for this GPU rather than for its usual one."""
    token = _standing_in.set(chip)
    try:
        yield
    finally:
        _standing_in.reset(token)


def facts() -> Facts:
    """Facts of the first GPU; in the simulator those of a data sheet."""
    return _standing_in.get() or H200 if SIMULATED else _facts_of_gpu()


@functools.cache
def _facts_of_gpu() -> Facts:
    require()
    device = cuda_core().Device(0)
    device.set_current()
    properties = device.properties
    major, minor = device.compute_capability
    if (major, minor) < (8, 0):
        raise CudaUnavailable(
            f"{device.name} has compute capability {major}.{minor}; allowed: 8.0 or later (Ampere and newer)"
        )
    return Facts(
        device.name,
        (major, minor),
        properties.multiprocessor_count,
        properties.max_shared_memory_per_block_optin,
        gpcs_of(properties.multiprocessor_count) if major >= 9 else (),
    )


def gpcs_of(multiprocessors: int) -> tuple[int, ...]:
    """Return how that many of a Hopper are distributed, as far as is known; no driver tells."""
    if multiprocessors == sum(HOPPER_GPCS):
        return HOPPER_GPCS
    whole, rest = divmod(multiprocessors, min(HOPPER_GPCS))
    return (min(HOPPER_GPCS),) * whole + ((rest,) if rest else ())
