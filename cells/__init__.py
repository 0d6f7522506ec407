"""What is computed: recurrent cells, their equations, kernels, layers and counts."""

from cells import initialisers
from cells.counts import count_bytes, count_flops, count_parameters
from cells.cpu.threads import get_threads, set_threads, using_threads
from cells.layer import Gradients, Layer, Trace
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
    "initialisers",
    "set_threads",
    "using_threads",
]
