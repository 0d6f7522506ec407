"""By how much the same case may differ between two machines and still be the same number.

Counts are exact. All else is computed in floating point, and the order of its sums depends on the vector width, the
BLAS and its threads. A tolerance is far above what that does to a number in which rounding errors do not grow, and far
below what any figure or table shows; DECISIONS.md has the measured differences. Where errors grow along the sequence,
as in a chaotic network, the same case gives other numbers on another machine, and only their distribution over seeds
compares.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

EXACT = ("count", "FLOP", "B")
"""Units of what is counted."""
RELATIVE = ("time_constant",)
"""Metrics, by how their names begin, whose error grows with their value: 1 / (1 - f) for f near 1."""
LAGS = ("lost_",)
"""Metrics that are the first lag at which something happens: rounding moves it by a step."""
STEP = 1.0

ROUNDING = {"float64": 1e-9, "float32": 1e-4, "bfloat16": 2e-2, "float16": 2e-2}
"""Dtype of a case to the tolerance: decades of a logarithm, nats of an exponent, a share or another number near 1, or
the relative difference of what grows without bound."""


def is_exact(unit: str) -> bool:
    """Say whether a metric of this unit is counted, so that any difference is one."""
    return unit in EXACT


def tolerances(metric: str, unit: str, dtypes: pd.Series, values: pd.Series) -> NDArray[np.float64]:
    """Return the tolerance of each number, in the metric's unit."""
    if is_exact(unit):
        return np.zeros(len(values))
    if metric.startswith(LAGS):
        return np.full(len(values), STEP)
    allowed: NDArray[np.float64] = dtypes.map(ROUNDING).to_numpy(dtype=float)
    return np.abs(values.to_numpy(dtype=float)) * allowed if metric.startswith(RELATIVE) else allowed


def apart(a: pd.Series, b: pd.Series) -> NDArray[np.float64]:
    """Return |b - a|; 0 where both are the same infinity, infinity where only one is infinite."""
    first, second = a.to_numpy(dtype=float), b.to_numpy(dtype=float)
    with np.errstate(invalid="ignore"):
        return np.where(first == second, 0.0, np.abs(second - first))
