"""What the tests of the CUDA backend share: a layer's answer with inference beside it, and the CPU's in float64."""

from __future__ import annotations

import functools

import numpy as np

from cells.registry import find_cell
from tests.support.problem import answer_of_layer, cast, group_errors, layer_for, relative_error

BFLOAT16 = 3e-2
"""Of the largest value. Operands are rounded by 2^-9 at most; rounding weights and input alone, up to 40 steps and 300
units, moves the CPU's answer by 1.3e-2, and states are rounded too.
"""
SAME_OPERANDS = 1e-5  # rounded alike, summed in float32 in another order
KINDS = {"float64": "float64", "float32": "float32", "bfloat16": "float32"}


def answer(problem, given, dtype, **where):
    """The answer, and what inference says, as outputs and final states of their own."""
    layer, kind = layer_for(problem, given, dtype, **where), KINDS[dtype]
    output, final = layer(given.x.astype(kind), cast(given.start, kind) if problem.initial else None)
    found = answer_of_layer(problem, given, dtype, **where)
    found["output"] |= {"inference": output}
    found["final"] |= {f"inference {name}": a for name, a in final.items()}
    return found


@functools.lru_cache(maxsize=8)
def expected(problem):
    """By the CPU in float64."""
    return answer(problem, problem.draw(), "float64")


def errors(problem, dtype, **where):
    """Of the CUDA layer, by group."""
    found = answer(problem, problem.draw(), dtype, backend="cuda", **where)
    return group_errors(found, expected(problem), KINDS[dtype])


def gate_error(problem, found):
    """The largest error of a gate of an answer in bfloat16, given the states that were before it.

    So no step adds to the errors of another, and operands that are rounded the same way leave a float32 sum's error.
    A candidate that sees a masked state is left out: that is rounded too.
    """
    given, spec = problem.draw(), find_cell(problem.cell)
    for name in given.parameters:
        if name.startswith("weight_"):
            given.parameters[name] = bfloat16(given.parameters[name])
    before = found["states"]["h"][:-1].reshape(-1, problem.hidden_size)
    x = bfloat16(given.x.reshape(1, -1, problem.input_size))
    right = layer_for(problem, given, "float64").forward(x, dict.fromkeys(spec.states, bfloat16(before)))
    if spec.simple:
        return float(np.abs(right.states["h"][1] - found["states"]["h"][1:].reshape(before.shape)).max())
    seen = set(spec.gates) - set(spec.masked_gates)
    return max(float(np.abs(right.gates[gate][0] - found["gates"][gate].reshape(before.shape)).max()) for gate in seen)


def bfloat16(values):
    """Nearest bfloat16, ties to even, in float64."""
    words = np.ascontiguousarray(values, np.float32).view(np.uint32)
    return ((words + 0x7FFF + (words >> 16 & 1)) & np.uint32(0xFFFF0000)).view(np.float32).astype(np.float64)


def assert_same_answer(one, other):
    """Bit for bit."""
    for group, arrays in one.items():
        for name, a in arrays.items():
            np.testing.assert_array_equal(other[group][name], a, err_msg=f"{group} {name}")


def largest_difference(one, other):
    """Between two answers, each array relative to its own largest value."""
    return max(
        relative_error(other[group][name], a, float(np.abs(a).max()))
        for group, arrays in one.items()
        for name, a in arrays.items()
    )


class Foreign:
    """A device array of another library, as far as anybody sees."""

    def __init__(self, values):
        self.values = values
        self.__cuda_array_interface__ = {
            "shape": values.shape,
            "typestr": values.dtype.str,
            "data": (values.ctypes.data, False),
            "strides": None if values.flags.c_contiguous else values.strides,
            "version": 3,
        }
