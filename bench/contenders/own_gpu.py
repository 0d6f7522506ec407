"""The suite itself on the GPU: its layers, called as a user calls them who keeps arrays on the device.

A training step is the forward pass and the backward pass with every gradient. Recurrent weights are packed anew for
each of its calls, as an update between two steps would make it do; the update itself is in no contender's time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.case import Case
from bench.contenders.clocks import EventClock, Sample
from bench.contenders.problem import GPU, Problem
from cells import Layer, cell_names

TIMED_LOOPS = ("sharings",)
"""Studies that ask what the kernels of the time loop take alone."""


class OwnOnGpu:
    """Our CUDA kernels."""

    device = GPU

    def why_not(self, case: Case) -> str | None:
        """Return the reason why our kernels cannot do the case, or None."""
        if case.cell not in cell_names():
            return f"no CUDA kernel of cell {case.cell!r}; allowed: {', '.join(cell_names())}"
        if case.merge != "none":
            return f"measured on the GPU is one direction; given merge {case.merge!r}; allowed: 'none'"
        return None

    def prepare(self, problem: Problem) -> OwnLayerOnGpu:
        """Bring the parameters to the device."""
        return OwnLayerOnGpu(problem)


class OwnLayerOnGpu:
    """A layer on the GPU with the problem's parameters."""

    def __init__(self, problem: Problem) -> None:
        case = problem.case
        sharing = None if case.word("variant") == "-" else case.word("variant")
        sizes = (case.cell, case.input_size, case.hidden_size)
        self._layer = Layer(*sizes, dtype=case.dtype, backend="cuda", sharing=sharing)
        self._layer.load_parameters(problem.parameters)
        self._x = problem.x
        self._d_output = problem.d_output
        loops = self._time_loops if case.study in TIMED_LOOPS else dict
        # Contenders of a shape are neighbours in time: one of them tells the GPU's state for all.
        self.clock = EventClock(self.call, loops, state=case.backend == "cuda")

    def call(self) -> object:
        """Queue one call on the default stream."""
        if self._d_output is None:
            return self._layer(self._x)
        for weights in self._layer.directions:  # in training an update lies between two calls
            weights.forget_packed()
        trace = self._layer.forward(self._x)
        return trace, trace.backward(self._d_output)

    def results(self) -> Mapping[str, Any]:
        """Return device arrays: output (T, B, H), and in training every gradient."""
        if self._d_output is None:
            return {"output": self._layer(self._x)[0]}
        trace = self._layer.forward(self._x)
        gradients = trace.backward(self._d_output)
        run: Any = trace.runs[0]  # of the CUDA backend: its states are on the device
        return {"output": run.states[0][1:], "input": gradients.input, **gradients.parameters}

    def _time_loops(self) -> dict[str, Any]:
        """Return the kernels of the time loop alone, by metric: no product over all steps, no packing.

        They run on what a call has left on the device: times do not depend on the numbers.
        """
        from cells.cuda.run import loop_alone

        weights: Any
        (weights,) = self._layer.directions
        loops = loop_alone(weights, self._x, self._d_output)
        return {f"kernel_{way}_s": call for way, call in loops.items()}

    def resources(self) -> list[Sample]:
        """Count device memory at its highest, by the memory pool; what cuBLAS has for itself is not in it."""
        from cells.cuda.device.target import device

        if self._d_output is not None:  # a call packs anew and frees the old ones: they must not count as given
            for weights in self._layer.directions:
                weights.forget_packed()
        highest = device().peak_bytes(self.call)
        return [] if highest is None else [Sample("peak_device_bytes", float(highest), "B")]
