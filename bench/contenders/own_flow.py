"""The suite itself on the CPU at what a plain pass does not do: a gradient profile, a Lyapunov spectrum."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.contenders.clocks import Sample, WallClock
from bench.contenders.exact_flow import BURN_IN
from bench.contenders.problem import Problem
from cells import Layer, gradient_profile, lyapunov_spectrum

Array = NDArray[Any]
FLOWS = ("profile", "spectrum")


class OwnFlow:
    """A layer on the CPU whose gradient is followed, with the case's number of threads."""

    def __init__(self, problem: Problem) -> None:
        from cells import using_threads  # needs numba, which whoever uses the GPU alone need not have

        case = problem.case
        self._layer = Layer(case.cell, case.input_size, case.hidden_size, dtype=case.dtype)
        self._layer.load_parameters(problem.parameters)
        self._x = problem.x
        self._d_last = problem.d_output
        self._threads = functools.partial(using_threads, case.threads)
        self._inner = {"profile": self._profile, "spectrum": self._spectrum}[case.direction]
        self.clock = WallClock(self._inner, self._threads)

    def _profile(self) -> Array:
        """Return log10 of the norm of dL/ds at every step, (S, T + 1, B)."""
        return np.stack(list(gradient_profile(self._layer, self._x, self._d_last).values()))

    def _spectrum(self) -> Array:
        """Return all exponents, (S H,), in nats per step."""
        return lyapunov_spectrum(self._layer, self._x, burn_in=BURN_IN)

    def call(self) -> Array:
        """Follow the gradient once."""
        with self._threads():
            return self._inner()

    def results(self) -> Mapping[str, Array]:
        """Return the profile, or the sum of the exponents, which alone has an answer without their directions."""
        found = self.call()
        return {"output": found if self._inner == self._profile else found.sum(keepdims=True)}

    def resources(self) -> list[Sample]:
        """Return nothing: no memory is counted on the CPU."""
        return []
