"""What the tests of the CUDA backend share: a layer's answer with inference beside it, and the CPU's in float64."""

from __future__ import annotations

import functools

import numpy as np

from tests.problem import answer_of_layer, cast, group_errors, layer_for, relative_error

BFLOAT16 = 3e-2
"""Of the largest value: operands are rounded by 2^-9 at most, and what all steps make of it stays below 16 of those."""
TENSOR_CORES = 1e-5  # the same rounded operands, summed in another order
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
