"""Runtime: contenders that do the same work on the same numbers, validated, then timed in interleaved blocks.

A contender is prepared once for each item: parameters, input and gradient drawn from the case's seed and handed
over before any clock starts. Its results are compared with the float64 reference at that very shape; a contender
that is wrong gets a failed row and no time. Then `rounds` samples are taken, each the mean of as many calls as
fill `SAMPLE_S`.
"""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bench.case import Case
from bench.contenders import process
from bench.contenders.convolution import (
    CONVOLUTION,
    ConvolutionContender,
    convolve,
    count_convolution,
    draw_convolution,
)
from bench.contenders.tolerance import TOLERANCE
from bench.draw import draw
from bench.rows import Measurement
from cells import Layer, count_flops, using_threads
from cells.reference import ReferenceResult, reference

Array = NDArray[Any]
SAMPLE_S = 2e-3  # a sample lasts at least this long: a thousand times the clock's resolution


@dataclass(frozen=True)
class Problem:
    """What every contender of a case is given."""

    case: Case
    parameters: Mapping[str, Array]
    x: Array
    d_output: Array | None


class Contender(Protocol):
    """Somebody's implementation of a case, ready to run."""

    def results(self) -> Mapping[str, Array]:
        """Output, and in training every gradient, by name: "output", "input" and the parameters' names."""

    def time(self, calls: int) -> float:
        """Seconds for that many calls in a row, after one that is not counted and wakes whoever sleeps."""


class OwnContender:
    """Our CPU kernels, called as a user calls them."""

    def __init__(self, problem: Problem) -> None:
        case = problem.case
        self._threads = case.threads
        merge = None if case.merge == "none" else case.merge
        self._layer = Layer(case.cell, case.input_size, case.hidden_size, dtype=case.dtype, bidirectional=merge)
        self._layer.load_parameters(problem.parameters)
        self._x, self._d_output = problem.x, problem.d_output

    def results(self) -> Mapping[str, Array]:
        """See `Contender`."""
        with using_threads(self._threads):
            if self._d_output is None:
                return {"output": self._layer(self._x)[0]}
            trace = self._layer.forward(self._x)
            gradients = trace.backward(self._d_output)
        return {"output": trace.output, "input": gradients.input, **gradients.parameters}

    def time(self, calls: int) -> float:
        """See `Contender`."""
        layer, x, d_output = self._layer, self._x, self._d_output
        with using_threads(self._threads):
            for call in range(calls + 1):
                if call == 1:
                    start = time.perf_counter()
                if d_output is None:
                    layer(x)
                    continue
                for weights in layer.directions:  # in training an update lies between two calls
                    weights.forget_packed()
                layer.forward(x).backward(d_output)
            return time.perf_counter() - start


def make_problem(case: Case) -> Problem:
    """Parameters, input and dL/d output from the case's seed, in its dtype."""
    if case.cell == CONVOLUTION:
        return Problem(case, *draw_convolution(case), None)
    layer, x, _, rng = draw(case)
    width = case.hidden_size * (2 if case.merge == "concat" else 1)
    shape = (case.seq_len, case.batch_size, width)
    d_output = rng.standard_normal(shape).astype(case.dtype) if case.direction == "training" else None
    return Problem(case, layer.parameters, x.astype(case.dtype), d_output)


@functools.lru_cache(maxsize=8)
def _expected(case: Case) -> ReferenceResult:
    """The reference for a cell and shape; all contenders of one shape come one after another, so few are kept."""
    problem = make_problem(case)
    if case.cell == CONVOLUTION:
        wide = {name: np.asarray(value, np.float64) for name, value in problem.parameters.items()}
        return ReferenceResult(convolve(wide, problem.x.astype(np.float64)), {}, None)
    merge = None if case.merge == "none" else case.merge
    return reference(case.cell, problem.parameters, problem.x, problem.d_output, merge)


def largest_error(case: Case, results: Mapping[str, Array]) -> float:
    """Largest error of any result, relative to the largest value of its kind (output; gradients)."""
    expected = _expected(replace(case, backend="cpu", threads=1))
    gradients: dict[str, Array] = {}
    if expected.input is not None:
        gradients = {"input": expected.input, **expected.parameters}
    errors = []
    for group in ({"output": expected.output}, gradients):
        scale = max((float(np.abs(value).max()) for value in group.values()), default=1.0)
        for name, value in group.items():
            errors.append(float(np.abs(np.asarray(results[name], np.float64) - value).max()) / scale)
    return float(np.max(errors))  # NaN stays NaN, which no tolerance allows


_errors: dict[Case, float] = {}


def _checked_error(case: Case, contender: Contender) -> float:
    """The contender's error at this case, from the first block of this process: blocks repeat the same numbers."""
    if case not in _errors:
        _errors[case] = largest_error(case, contender.results())
    return _errors[case]


class Prepared:
    """A validated contender with its samples; makes the rows of one item."""

    def __init__(self, case: Case, block: int) -> None:
        self.case, self.block = case, block
        problem = make_problem(case)
        self._contender: Contender
        if not case.backend.startswith("cpu"):
            self._contender = process.contender(problem)
        elif case.cell == CONVOLUTION:
            self._contender = ConvolutionContender(problem.parameters, problem.x)
        else:
            self._contender = OwnContender(problem)
        self.error = _checked_error(case, self._contender)
        if not self.error <= TOLERANCE[case.dtype]:
            raise ValueError(
                f"error {self.error:.2e} against float64; allowed: {TOLERANCE[case.dtype]:.0e} for {case.dtype}"
            )
        self._contender.time(1)
        once = self._contender.time(1)
        self.calls = max(1, math.ceil(SAMPLE_S / max(once, 1e-7)))

    def sample(self) -> float:
        """Seconds of one call, as the mean over one sample's calls."""
        return self._contender.time(self.calls) / self.calls

    def rows(self, samples: list[float]) -> list[Measurement]:
        """Rows of the item: every sample; with the first block also the error and the operation count."""
        case, block = self.case, self.block
        rows = [Measurement(case, "elapsed_s", value, "s", block, replicate) for replicate, value in enumerate(samples)]
        if block == 0:
            rows.append(Measurement(case, f"flops_{case.direction}", float(_operations(case)), "FLOP"))
            rows.append(Measurement(case, "validation_error", self.error, "1"))
        return rows


def _operations(case: Case) -> int:
    if case.cell == CONVOLUTION:
        return count_convolution(case)
    return count_flops(
        case.cell,
        seq_len=case.seq_len,
        batch_size=case.batch_size,
        input_size=case.input_size,
        hidden_size=case.hidden_size,
        direction=case.direction,
        bidirectional=case.merge != "none",
    )


def measure(case: Case, block: int, rounds: int = 5) -> list[Measurement]:
    """Prepare, validate, sample."""
    prepared = Prepared(case, block)
    return prepared.rows([prepared.sample() for _ in range(rounds)])
