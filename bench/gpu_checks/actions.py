"""What a check does, by name: a function of its arguments that says what came of it.

Everything here runs in the worker. An action is handed a way to tell parts of its answer beforehand, too (`Tell`). It
may raise: the worker makes a result of that.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from bench.contenders.tolerance import TOLERANCE
from bench.gpu_checks import passes
from bench.gpu_checks.check import Result, Tell, passed_if
from bench.gpu_checks.passes import Answer, Pass
from bench.names import unknown
from cells import Layer

Arguments = Mapping[str, Any]
ROUNDED = 1e-6  # an answer in bfloat16 that is nearer to float64 than this was not rounded
DECADES = {"float64": 1e-9, "float32": 1e-4}  # of a gradient profile: a rounding of each step may go one way

ACTIONS = {
    "pass": "bench.gpu_checks.actions.check_pass",
    "profile": "bench.gpu_checks.actions.check_profile",
    "product": "bench.gpu_checks.actions.check_product",
    "probe": "bench.gpu_checks.probes.run",
    "point": "bench.gpu_checks.timing.measure_point",
    "cpu point": "bench.gpu_checks.timing.measure_cpu_point",
    "sanitizer": "bench.gpu_checks.outside.sanitize",
    "test": "bench.gpu_checks.outside.run_test",
}


def find_action(name: str) -> Callable[[Arguments, Tell], Result]:
    """Import the action of that name; ValueError names the known ones."""
    if name not in ACTIONS:
        raise ValueError(unknown("action", name, ACTIONS))
    module, _, function = ACTIONS[name].rpartition(".")
    action: Callable[[Arguments, Tell], Result] = getattr(importlib.import_module(module), function)
    return action


def check_pass(arguments: Arguments, tell: Tell) -> Result:
    """Compare a pass with float64, and ask whether it gives the same bits `repeats` times over."""
    call = Pass(**arguments["pass"])
    layer = passes.make_layer(call, passes.draw(call.problem).parameters)
    first = passes.answer(call, layer)
    name, error = worst(passes.errors(call, first))
    others = [n for n in range(2, int(arguments.get("repeats", 2)) + 1) if not _repeats(call, layer, first)]
    limit = TOLERANCE[call.dtype]
    reasons = []
    if not error <= limit:
        reasons.append(f"{name} is off by {error:.1e} of its largest number; allowed: {limit:.0e}")
    elif call.dtype == "bfloat16" and error < ROUNDED:
        reasons.append(f"error {error:.1e} against float64: nothing was rounded to bfloat16")
    if others:
        reasons.append(f"calls {', '.join(map(str, others))} gave other bits than the first")
    return passed_if(not reasons, "; ".join(reasons), error=error, where=name, same_bits=not others)


def _repeats(call: Pass, layer: Layer, first: Answer) -> bool:
    """Return whether another call gives the same bits."""
    return passes.same_bits(first, passes.answer(call, layer))


def worst(errors: Mapping[str, float]) -> tuple[str, float]:
    """Return the name and the size of the largest error; NaN is larger than every number."""
    return max(errors.items(), key=lambda item: (np.isnan(item[1]), item[1]))


def check_profile(arguments: Arguments, tell: Tell) -> Result:
    """Compare the gradient profile, in log scale, with the norms that float64 gives."""
    from cells import gradient_profile
    from cells.reference import reference

    call = Pass(**arguments["pass"])
    numbers = passes.draw(call.problem)
    d_last = numbers.d_output[-1]
    d_output = np.zeros_like(numbers.d_output)
    d_output[-1] = d_last
    right = reference(call.cell, numbers.parameters, numbers.x, d_output)
    layer = passes.make_layer(call, numbers.parameters)
    profile = gradient_profile(layer, numbers.x, d_last)
    off = {}
    for name, values in right.states.items():
        with np.errstate(divide="ignore"):
            expected = np.log10(np.linalg.norm(values, axis=2))
        # The last cell state has no gradient but the one through its output: minus infinity is the same there.
        with np.errstate(invalid="ignore"):
            difference = np.where(expected == profile[name], 0.0, np.abs(profile[name] - expected))
        off[name] = float(difference.max())
    name, error = worst(off)
    limit = DECADES[call.dtype]
    reason = f"the gradient of {name} is off by {error:.1e} decades; allowed: {limit:.0e}"
    return passed_if(error <= limit, reason, decades=error)


def check_product(arguments: Arguments, tell: Tell) -> Result:
    """Compare a product over all steps with float64: by our "own" kernels, or by "cublas" where it is installed."""
    from cells.cuda.device.memory import to_device, zeros
    from cells.cuda.products import cublas
    from cells.cuda.products.matrices import Matrix
    from cells.cuda.products.multiply import DeviceMatrix, multiply, using_products

    if arguments["provider"] == "cublas" and not cublas.available():
        return Result("skipped", f"no cuBLAS through nvmath-python; {cublas.INSTALL}")
    rows, columns, depth = arguments["sizes"]
    rng = np.random.default_rng(rows * columns + depth)
    kind = arguments["dtype"]
    rounded = bool(arguments.get("rounded", False))
    a = rng.standard_normal((rows, depth)).astype(kind)
    b = rng.standard_normal((columns, depth)).astype(kind)
    bias = rng.standard_normal(columns).astype(kind)
    out = zeros((rows, columns), kind)
    with using_products(arguments["provider"]):
        multiply(
            DeviceMatrix(to_device(a), Matrix(rows, depth, 0, depth)),
            DeviceMatrix(to_device(b), Matrix(columns, depth, 0, depth)),
            DeviceMatrix(out, Matrix(rows, columns, 0, columns)),
            b_transposed=True,
            bias=to_device(bias),
            rounded=rounded,
        )
    right = a.astype(np.float64) @ b.astype(np.float64).T + bias
    error = float(np.abs(out.numpy() - right).max() / np.abs(right).max())
    limit = TOLERANCE["bfloat16" if rounded else kind]
    return passed_if(error <= limit, f"off by {error:.1e} of the largest; allowed: {limit:.0e}", error=error)
