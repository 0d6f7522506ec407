"""What is computed: recurrent cells, their equations, kernels, layers and counts."""

from cells import initialisers
from cells.counts import count_bytes, count_flops, count_parameters
from cells.cpu.threads import get_threads, set_threads, using_threads
from cells.jacobian import jacobian_norms, perturbation, step_jacobians
from cells.layer import Gradients, Layer, Trace
from cells.lyapunov import lyapunov_spectrum
from cells.profile import gradient_profile
from cells.registry import cell_names

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
