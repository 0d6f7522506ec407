"""What is computed: recurrent cells, their equations, kernels, layers and counts."""

from typing import TYPE_CHECKING, Any

from cells import initialisers
from cells.counts import count_bytes, count_flops, count_parameters
from cells.flow.jacobian import jacobian_norms, step_jacobians
from cells.flow.lyapunov import lyapunov_spectrum
from cells.flow.perturbation import perturbation
from cells.flow.profile import gradient_profile
from cells.layer import Layer
from cells.registry import cell_names
from cells.trace import Gradients, Trace

if TYPE_CHECKING:
    from cells.cpu.threads.pool import get_threads, set_threads, using_threads

__all__ = [
    "Gradients",
    "Layer",
    "Trace",
    "cell_names",
    "count_bytes",
    "count_flops",
    "count_parameters",
    "get_threads",
    "gradient_profile",
    "initialisers",
    "jacobian_norms",
    "lyapunov_spectrum",
    "perturbation",
    "set_threads",
    "step_jacobians",
    "using_threads",
]

_OF_THREADS = ("get_threads", "set_threads", "using_threads")


def __getattr__(name: str) -> Any:
    """Threads belong to the CPU's kernels, which need numba: whoever uses the GPU alone need not have it."""
    if name in _OF_THREADS:
        from cells.cpu.threads import pool as threads

        return getattr(threads, name)
    raise AttributeError(f"module 'cells' has no attribute {name!r}")
