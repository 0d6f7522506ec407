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
    from cells.training import SGD, Adam, Diverged, History, Model, RMSprop, Step, Trainer, train

__all__ = [
    "SGD",
    "Adam",
    "Diverged",
    "Gradients",
    "History",
    "Layer",
    "Model",
    "RMSprop",
    "Step",
    "Trace",
    "Trainer",
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
    "train",
    "using_threads",
]

_OF_THREADS = ("get_threads", "set_threads", "using_threads")
_OF_TRAINING = ("SGD", "Adam", "Diverged", "History", "Model", "RMSprop", "Step", "Trainer", "train")


def __getattr__(name: str) -> Any:
    """Threads and training belong to the CPU's kernels, which need numba: whoever uses the GPU alone may lack it."""
    if name in _OF_THREADS:
        from cells.cpu.threads import pool as threads

        return getattr(threads, name)
    if name in _OF_TRAINING:
        from cells import training

        return getattr(training, name)
    raise AttributeError(f"module 'cells' has no attribute {name!r}")
