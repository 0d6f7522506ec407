"""Where kernels run: numba's CUDA target, or a simulated GPU. The one module that imports `cuda`.

`RECURBENCH_CUDA=simulator`, set before the first import, swaps the GPU for the simulator of `cells.cuda.simulator`:
every kernel then runs as plain Python, thread by thread, with checks for races, deadlocks and stray indices.
"""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from typing import Any

KINDS = ("gpu", "simulator")
VARIABLE = "RECURBENCH_CUDA"
KIND = os.environ.get(VARIABLE, "gpu")
if KIND not in KINDS:
    raise ValueError(f"{VARIABLE} is {KIND!r}; allowed: {', '.join(KINDS)}")
SIMULATED = KIND == "simulator"

INSTALL = 'pip install "recurbench[cuda13]" (or cuda12, for an older driver)'
COMPILER: str | None = None
"""What is missing to compile a kernel, or None."""

cuda: Any
if SIMULATED:
    from cells.cuda.simulated import cuda
else:
    try:
        import _numba_cuda_redirector  # noqa: F401 - numba's built-in CUDA target is another, older package
        from numba import cuda

        if "numba_cuda" not in cuda.__file__:
            COMPILER = f"numba.cuda is numba's built-in target; numba-cuda has to be imported first: {INSTALL}"
    except ImportError as error:
        cuda, COMPILER = None, f"{error.name or error} is not installed: {INSTALL}"


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
    clusters: bool
    """Whether blocks of a cluster reach each other's shared memory (capability 9.0 and later)."""


# Data sheets, for plans where there is no GPU: compiling, simulating, and the table of resources.
A100 = Facts("NVIDIA A100", (8, 0), 108, 163 * 1024, clusters=False)
H200 = Facts("NVIDIA H200", (9, 0), 132, 227 * 1024, clusters=True)


def missing() -> str | None:
    """What a kernel lacks to run here, or None."""
    if SIMULATED:
        return None
    if COMPILER is not None:
        return COMPILER
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


@functools.cache
def facts() -> Facts:
    """Facts of the first GPU; in the simulator those of a data sheet."""
    require()
    if SIMULATED:
        return H200
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
        clusters=major >= 9,
    )
