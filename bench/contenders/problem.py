"""The problem that every contender of a case is given, what float64 makes of it, and how far a result is from that.

On the GPU the arrays lie on the device before any clock starts, and float64 is PyTorch's where it is there: NumPy would
take longer than all that is measured.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.case import Case
from bench.contenders import torch_gpu
from bench.contenders.convolution import CONVOLUTION, convolve, count_convolution, draw_convolution
from bench.contenders.exact_flow import exact_profile, exact_spectrum
from bench.contenders.tolerance import error_scales
from bench.draw import draw, draw_parameters
from cells import count_flops
from cells.reference import reference

Array = NDArray[Any]
CPU = "cpu"
GPU = "gpu"
DEVICES = (CPU, GPU)
PERIOD = 64
"""Steps that are drawn for the GPU: a longer sequence repeats them, or drawing would take longer than measuring."""
KEPT = 3
"""Problems and references on the GPU: those of the cells of one shape, which are measured side by side."""


@dataclass(frozen=True)
class Problem:
    """What a contender is given: parameters on the host, and on its device x and dL/d output.

    x: (T, B, I). d_output: (T, B, H), for two concatenated directions (T, B, 2 H); of a profile (B, H), that of the
    last step; None where no gradient is taken.
    """

    case: Case
    parameters: Mapping[str, Array]
    x: Any
    d_output: Any


def make_problem(case: Case, device: str = CPU) -> Problem:
    """Draw parameters, input and dL/d output from the case's seed: the same for every contender of its work."""
    draw_on = _draw_on_gpu if device == GPU else _draw_on_cpu
    return replace(draw_on(_work(case, device)), case=case)


def count_operations(case: Case) -> int | None:
    """Count the operations of one call of inference or training; None for other work, whose operations nobody asks."""
    if case.cell == CONVOLUTION:
        return count_convolution(case)
    if case.direction not in ("inference", "training"):
        return None
    return count_flops(
        case.cell,
        seq_len=case.seq_len,
        batch_size=case.batch_size,
        input_size=case.input_size,
        hidden_size=case.hidden_size,
        direction=case.direction,
        bidirectional=case.merge != "none",
    )


def largest_error(case: Case, device: str, results: Mapping[str, Any]) -> float:
    """Return the largest error of any result against float64, relative to the result's scale (`error_scales`)."""
    exact = _exact_on_gpu if device == GPU else _exact_on_cpu
    expected = exact(_work(case, device))
    errors = []
    for group in (["output"], [name for name in expected if name != "output"]):
        scales = error_scales({name: float(abs(expected[name]).max()) for name in group})
        errors += [_distance(results[name], expected[name]) / scales[name] for name in group]
    return float(np.max(errors))  # NaN stays NaN, which no tolerance allows


def _work(case: Case, device: str) -> Case:
    """Return what all contenders of the same work share: on the GPU also those of other precision."""
    if device == GPU:
        return case.replaced(study="gpu", backend="cuda", dtype="float32", variant="-")
    return replace(case, backend="cpu", threads=1)


def _draw_on_cpu(case: Case) -> Problem:
    if case.cell == CONVOLUTION:
        return Problem(case, *draw_convolution(case), None)
    layer, x, _, rng = draw(case)
    width = case.hidden_size * (2 if case.merge == "concat" else 1)
    shapes = {"training": (case.seq_len, case.batch_size, width), "profile": (case.batch_size, width)}
    shape = shapes.get(case.direction)
    d_output = None if shape is None else rng.standard_normal(shape).astype(case.dtype)
    return Problem(case, layer.parameters, x.astype(case.dtype), d_output)


@functools.lru_cache(maxsize=KEPT)
def _draw_on_gpu(case: Case) -> Problem:
    drawn = min(case.seq_len, PERIOD)
    rng = np.random.default_rng(case.seed)
    parameters = draw_parameters(case, rng)  # without a layer of the CPU, whose kernels nobody needs here
    x = rng.standard_normal((drawn, case.batch_size, case.input_size))
    d_output = None
    if case.direction == "training":
        d_output = _repeat(rng.standard_normal((drawn, case.batch_size, case.hidden_size)), case)
    return Problem(case, parameters, _repeat(x, case), d_output)


def _repeat(period: Array, case: Case) -> Any:
    """Lay an array (T, B, W) on the device: the period (at most T, B, W) again and again."""
    from cells.cuda.device.memory import copy, empty, to_device

    one = to_device(period.astype(case.dtype))
    if len(period) == case.seq_len:
        return one
    out = empty((case.seq_len, *period.shape[1:]), case.dtype)
    for begin in range(0, case.seq_len, len(period)):
        part = out[begin : begin + len(period)]
        copy(one[: part.shape[0]], part)
    return out


@functools.lru_cache(maxsize=8)
def _exact_on_cpu(case: Case) -> dict[str, Array]:
    """Compute output and gradients in float64; contenders of a shape come one after another, so few are kept."""
    problem = make_problem(case)
    if case.cell == CONVOLUTION:
        wide = {name: np.asarray(value, np.float64) for name, value in problem.parameters.items()}
        return {"output": convolve(wide, problem.x.astype(np.float64))}
    if case.direction == "profile":
        return {"output": exact_profile(case.cell, problem.parameters, problem.x, problem.d_output)}
    if case.direction == "spectrum":
        return {"output": exact_spectrum(case.cell, problem.parameters, problem.x)}
    return _reference(problem.parameters, problem.x, problem.d_output, case)


@functools.lru_cache(maxsize=KEPT)
def _exact_on_gpu(case: Case) -> dict[str, Any]:
    """Compute output and gradients in float64 with PyTorch on the GPU where it is there, else with NumPy."""
    problem = _draw_on_gpu(case)
    torch = torch_gpu.torch_or_none()
    if torch is None or case.cell not in torch_gpu.MODULES:
        d_output = None if problem.d_output is None else problem.d_output.numpy()
        return _reference(problem.parameters, problem.x.numpy(), d_output, case)
    return torch_gpu.exact(torch, case, problem.parameters, problem.x, problem.d_output)


def _reference(parameters: Mapping[str, Array], x: Array, d_output: Array | None, case: Case) -> dict[str, Array]:
    exact = reference(case.cell, parameters, x, d_output, None if case.merge == "none" else case.merge)
    gradients = {} if exact.input is None else {"input": exact.input, **exact.parameters}
    return {"output": exact.output, **gradients}


def _distance(result: Any, expected: Any) -> float:
    """Return the largest difference; NaN where one is."""
    if isinstance(expected, np.ndarray):
        host = result.numpy() if hasattr(result, "numpy") else np.asarray(result)
        return float(np.abs(host.astype(np.float64) - expected).max())
    return torch_gpu.distance(result, expected, PERIOD)
