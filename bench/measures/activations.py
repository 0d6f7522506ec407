"""sigma and tanh as the kernels compute them, at the lecture's arguments and over the range where they saturate."""

from __future__ import annotations

import numpy as np
from numba import njit

from bench.case import Case
from bench.rows import Measurement
from cells.formula import sigmoid, tanh
from cells.lowering import FAST

LECTURE_ARGUMENTS = (5.0, 0.1, -0.5)
ARGUMENTS = np.unique(np.concatenate((np.linspace(-20, 20, 161), np.linspace(16, 17.5, 151), LECTURE_ARGUMENTS)))


@njit(error_model="numpy", fastmath=FAST)
def _evaluate(x, sigma, tangent):
    for k in range(x.size):
        sigma[k] = sigmoid(x[k])
        tangent[k] = tanh(x[k])


def measure(case: Case, block: int) -> list[Measurement]:
    """Both functions at every argument, in the case's dtype."""
    x = ARGUMENTS.astype(case.dtype)
    values = {"sigmoid": np.empty_like(x), "tanh": np.empty_like(x)}
    _evaluate(x, values["sigmoid"], values["tanh"])
    return [
        Measurement(case, metric, float(value), "1", block, step=float(argument))
        for metric, found in values.items()
        for argument, value in zip(ARGUMENTS, found, strict=True)
    ]
