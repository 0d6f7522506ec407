"""The suite itself on the CPU: its layers, called as a user calls them, and beside them NumPy's convolution."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from bench.case import Case
from bench.contenders.clocks import Sample, WallClock
from bench.contenders.convolution import CONVOLUTION, convolve
from bench.contenders.own_flow import FLOWS, OwnFlow
from bench.contenders.problem import CPU, Problem
from cells import Layer, cell_names

Array = NDArray[Any]
PASSES = ("inference", "forward", "training")


class Own:
    """Our CPU kernels."""

    device = CPU

    def why_not(self, case: Case) -> str | None:
        """Return the reason why we cannot do the case, or None."""
        if case.cell == CONVOLUTION:
            allowed = (case.direction, case.merge) == ("inference", "none")
            return None if allowed else f"{CONVOLUTION}: given {case.direction}, {case.merge}; allowed: inference, none"
        if case.cell not in cell_names():
            return f"no kernel of cell {case.cell!r}; allowed: {', '.join((*cell_names(), CONVOLUTION))}"
        if case.direction not in (*PASSES, *FLOWS):
            return f"no call does {case.direction!r}; allowed: {', '.join((*PASSES, *FLOWS))}"
        if case.direction in FLOWS and case.merge != "none":
            return f"{case.direction}: given merge {case.merge!r}; allowed: 'none', each direction by itself"
        return None

    def prepare(self, problem: Problem) -> OwnLayer | OwnFlow | NumpyConvolution:
        """Make a layer with the problem's parameters."""
        if problem.case.cell == CONVOLUTION:
            return NumpyConvolution(problem)
        return OwnFlow(problem) if problem.case.direction in FLOWS else OwnLayer(problem)


class OwnLayer:
    """A layer on the CPU with the problem's parameters, and the case's number of threads."""

    def __init__(self, problem: Problem) -> None:
        from cells import using_threads  # needs numba, which whoever uses the GPU alone need not have

        case = problem.case
        merge = None if case.merge == "none" else case.merge
        self._layer = Layer(case.cell, case.input_size, case.hidden_size, dtype=case.dtype, bidirectional=merge)
        self._layer.load_parameters(problem.parameters)
        self._x = problem.x
        self._d_output = problem.d_output
        self._threads = functools.partial(using_threads, case.threads)
        self._inner = {"inference": self._infer, "forward": self._keep, "training": self._train}[case.direction]
        self.clock = WallClock(self._inner, self._threads)

    def _infer(self) -> object:
        return self._layer(self._x)

    def _keep(self) -> object:
        return self._layer.forward(self._x)

    def _train(self) -> object:
        for weights in self._layer.directions:  # in training an update lies between two calls
            weights.forget_packed()
        return self._layer.forward(self._x).backward(self._d_output)

    def call(self) -> object:
        """Run inference, a pass that keeps its states, or forward and backward pass, as the case says."""
        with self._threads():
            return self._inner()

    def results(self) -> Mapping[str, Array]:
        """Return output (T, B, H), of concatenated directions (T, B, 2 H), and in training every gradient."""
        with self._threads():
            if self._inner == self._infer:
                return {"output": self._layer(self._x)[0]}
            trace = self._layer.forward(self._x)
            if self._d_output is None:
                return {"output": trace.output}
            gradients = trace.backward(self._d_output)
        return {"output": trace.output, "input": gradients.input, **gradients.parameters}

    def resources(self) -> list[Sample]:
        """Return nothing: no memory is counted on the CPU."""
        return []


class NumpyConvolution:
    """NumPy's convolution, with the threads that NumPy takes."""

    def __init__(self, problem: Problem) -> None:
        self._parameters = problem.parameters
        self._x = problem.x
        self.clock = WallClock(self.call)

    def call(self) -> Array:
        """Return the output (T, B, H)."""
        return convolve(self._parameters, self._x)

    def results(self) -> Mapping[str, Array]:
        """Return the output alone."""
        return {"output": self.call()}

    def resources(self) -> list[Sample]:
        """Return nothing: no memory is counted on the CPU."""
        return []
