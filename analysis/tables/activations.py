"""Table "activations": the lecture's worked values of σ and tanh, by formula and by kernel."""

from __future__ import annotations

import pandas as pd

from analysis.readings.activation_values import EXACT, LECTURE_X, activation_values
from analysis.result import Cell, Number, Table

DECIMALS = 9
"""Decimals to which the values are compared by eye; float32 has about seven."""


def activation_table(frame: pd.DataFrame) -> Table | None:
    """Tabulate the lecture's worked values: the formula, and the kernels in float64 and float32."""
    rows: list[tuple[Cell, ...]] = []
    for metric, formula in EXACT.items():
        double = activation_values(frame, metric, "float64")
        single = activation_values(frame, metric, "float32")
        for x in LECTURE_X:
            if x in double.index:
                kernels = (_nine(float(part[x])) if x in part.index else None for part in (double, single))
                rows.append((metric, x, _nine(formula(x)), *kernels))
    columns = ("activation", "x", "derived", "float64", "float32")
    return Table("activations", columns, tuple(rows)) if rows else None


def _nine(value: float) -> Number:
    return Number(value, decimals=DECIMALS)
