"""Values of σ and tanh as the kernels compute them, beside the formulas, at the lecture's arguments among others."""

from __future__ import annotations

import math
from collections.abc import Callable

import pandas as pd

from analysis.result import fact_key
from analysis.select import measured
from analysis.theory.closed_forms import sigmoid

LECTURE_X = (5.0, 0.1, -0.5)
"""The arguments of the lecture's worked examples."""

EXACT: dict[str, Callable[[float], float]] = {"sigmoid": sigmoid, "tanh": math.tanh}
"""Activation to its formula."""


def activation_values(frame: pd.DataFrame, metric: str, dtype: str = "float64") -> pd.Series:
    """Return an activation's values by x, as the kernels compute them in `dtype`."""
    rows = measured(frame, "activations", metric)
    rows = rows.loc[rows["dtype"] == dtype]
    return rows.drop_duplicates("step").set_index("step")["value"].sort_index()


def argument_key(x: float) -> str:
    """Name the fact of a value at x: −0.5 is "at_minus_0_5"."""
    return f"at_{'minus_' if x < 0 else ''}{fact_key(abs(x))}"


def saturation(values: pd.Series) -> float:
    """Return the smallest x from which every value is exactly 1; NaN where none is."""
    below = values.index[values.to_numpy() < 1.0]
    beyond = values.index[values.index > (below.max() if len(below) else -math.inf)]
    return float(beyond.min()) if len(beyond) else math.nan


def nearest_is_one(digits: int = 24) -> float:
    """Return the x from which on the floating-point number nearest to σ(x) is 1; `digits` binary ones (float32: 24).

    1 - σ(x) is about e^-x, and below 2^-(digits + 1) it is less than half the distance of 1 to the number before it.
    """
    return (digits + 1) * math.log(2)
