"""A pass: one layer's call with numbers drawn for it, as the GPU computes it and as float64 says it should be.

The truth comes from the NumPy reference, so that no kernel of the CPU has to be compiled in the minutes on a GPU.
"""

from __future__ import annotations

import functools
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.contenders.tolerance import error_scales
from cells import Layer
from cells.bidirectional import SUFFIXES
from cells.initialisers import find_initialiser
from cells.reference import ReferenceResult, reference
from cells.registry import find_cell

Array = NDArray[Any]
Answer = dict[str, dict[str, Array]]
"""Arrays by name, in two groups, "values" and "gradients"."""


@dataclass(frozen=True)
class Pass:
    """Sizes and settings of one call.

    way: "inference" or "training" (forward and backward). sharing: None for the rule's choice. initial: whether the
    call starts from a state that is not zero and a loss depends on the last one.
    """

    cell: str
    way: str
    steps: int
    batch: int
    inputs: int
    hidden: int
    dtype: str = "float32"
    sharing: str | None = None
    merge: str | None = None
    initial: bool = False

    @property
    def label(self) -> str:
        """Return a short name."""
        more = [part for part in (self.merge, "initial" if self.initial else None) if part]
        sizes = f"T{self.steps}-B{self.batch}-I{self.inputs}-H{self.hidden}"
        return "-".join((self.cell, self.way, self.sharing or "rule", self.dtype, sizes, *more))

    @property
    def problem(self) -> Pass:
        """Return what decides the numbers: the same for every sharing and dtype, and for both ways."""
        return replace(self, way="training", dtype="float32", sharing=None)

    @property
    def array_dtype(self) -> str:
        """Return the dtype of arrays."""
        return "float32" if self.dtype == "bfloat16" else self.dtype


@dataclass(frozen=True)
class Numbers:
    """What a pass is given: float64 arrays whose values float32 holds exactly."""

    parameters: Mapping[str, Array]
    x: Array
    start: Mapping[str, Array] | None
    d_output: Array
    d_final: Mapping[str, Array] | None


@functools.lru_cache(maxsize=4)
def draw(problem: Pass) -> Numbers:
    """Draw the numbers of a problem, from a generator that its label seeds."""
    rng = np.random.default_rng(zlib.crc32(problem.label.encode()))
    spec = find_cell(problem.cell)
    initialise = find_initialiser("torch")
    parameters = {}
    for suffix in SUFFIXES if problem.merge else SUFFIXES[:1]:
        for name, value in initialise(spec, problem.inputs, problem.hidden, rng).items():
            parameters[name + suffix] = _rounded(value)

    def normal(*shape: int) -> Array:
        return _rounded(rng.standard_normal(shape))

    def states() -> dict[str, Array] | None:
        directions = (2,) if problem.merge else ()
        shape = (*directions, problem.batch, problem.hidden)
        return {name: normal(*shape) for name in spec.states} if problem.initial else None

    width = problem.hidden * (2 if problem.merge == "concat" else 1)
    x = normal(problem.steps, problem.batch, problem.inputs)
    return Numbers(parameters, x, states(), normal(problem.steps, problem.batch, width), states())


def _rounded(values: Array) -> Array:
    """Round values to what float32 has, in float64."""
    return values.astype(np.float32).astype(np.float64)


@functools.lru_cache(maxsize=4)
def truth(problem: Pass) -> ReferenceResult:
    """Compute the answer to a problem in float64."""
    numbers = draw(problem)
    return reference(
        problem.cell,
        numbers.parameters,
        numbers.x,
        numbers.d_output,
        problem.merge,
        initial=numbers.start,
        d_final=numbers.d_final,
    )


def make_layer(call: Pass, parameters: Mapping[str, Array] | None = None) -> Layer:
    """Make the layer of a pass on the GPU."""
    settings: dict[str, Any] = {"dtype": call.dtype, "backend": "cuda", "sharing": call.sharing}
    layer = Layer(call.cell, call.inputs, call.hidden, bidirectional=call.merge, **settings)
    if parameters is not None:
        layer.load_parameters(parameters)
    return layer


def answer(call: Pass, layer: Layer) -> Answer:
    """Return what the layer computes, as NumPy arrays."""
    numbers = draw(call.problem)
    kind = call.array_dtype
    x = numbers.x.astype(kind)
    start = _cast(numbers.start, kind)
    if call.way == "inference":
        output, final = layer(x, start)
        return {"values": {"output": output, **{f"final {name}": value for name, value in final.items()}}}
    trace = layer.forward(x, start)
    gradients = trace.backward(numbers.d_output.astype(kind), _cast(numbers.d_final, kind))
    values = {"output": trace.output, **{f"final {name}": value for name, value in trace.final.items()}}
    by_name = {"input": gradients.input, **gradients.parameters}
    by_name |= {f"initial {name}": value for name, value in gradients.initial.items()}
    return {"values": values, "gradients": by_name}


def _cast(states: Mapping[str, Array] | None, kind: str) -> dict[str, Array] | None:
    return None if states is None else {name: value.astype(kind) for name, value in states.items()}


def errors(call: Pass, results: Answer) -> dict[str, float]:
    """Return the largest error of each array, relative to its scale (`error_scales`); NaN stays NaN."""
    right = truth(call.problem)
    assert right.input is not None, "a problem has a loss"
    values = {"output": right.output, **{f"final {name}": value for name, value in right.final.items()}}
    gradients = {"input": right.input, **right.parameters}
    gradients |= {f"initial {name}": value for name, value in right.initial.items()}
    expected = {"values": values, "gradients": gradients}
    relative = {}
    for group, arrays in results.items():
        scales = error_scales({name: float(np.abs(value).max()) for name, value in expected[group].items()})
        for name, value in arrays.items():
            relative[name] = float(np.abs(value.astype(np.float64) - expected[group][name]).max()) / scales[name]
    return relative


def same_bits(one: Answer, other: Answer) -> bool:
    """Return whether two answers are the same, bit for bit."""
    pairs = ((value, other[group][name]) for group, arrays in one.items() for name, value in arrays.items())
    return all(value.tobytes() == again.tobytes() for value, again in pairs)


def rehearse(call: Pass) -> None:
    """Make the calls of a pass with arrays that hold nothing: inside of `cells.cuda.device.rehearsal.rehearsing`."""
    from cells.cuda.device.memory import empty

    layer = make_layer(call)
    x = empty((call.steps, call.batch, call.inputs), call.array_dtype)
    if call.way == "inference":
        layer(x)
        return
    width = call.hidden * (2 if call.merge == "concat" else 1)
    layer.forward(x).backward(empty((call.steps, call.batch, width), call.array_dtype))


def rehearse_profile(call: Pass) -> None:
    """Make the calls of the gradient profile of a pass, inside of `rehearsing`."""
    from cells import gradient_profile

    x = np.zeros((call.steps, call.batch, call.inputs))
    gradient_profile(make_layer(call), x, np.ones((call.batch, call.hidden)))
