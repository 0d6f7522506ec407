"""Statistics of claims about σ, tanh and what the gates reach."""

from __future__ import annotations

import pandas as pd

from analysis.claims.claim import Statistic
from analysis.claims.samples import Samples
from analysis.readings.activation_values import (
    EXACT,
    LECTURE_X,
    activation_values,
    argument_key,
    nearest_is_one,
    saturation,
)
from analysis.result import RANGE, Fact, Number
from analysis.select import measured

ROUNDING = 1e-12
"""Largest error allowed in float64: rounding, with room for another way to write the formula."""


def worked_values(metric: str) -> Statistic:
    """Largest error of an activation at the lecture's arguments, float64 kernels against the formula."""

    def statistic(frame: pd.DataFrame) -> Samples | None:
        values = activation_values(frame, metric)
        values = values.loc[values.index.isin(LECTURE_X)]
        if values.empty:
            return None
        error = (values - values.index.map(EXACT[metric])).abs()
        table = pd.DataFrame({"x": values.index, "sample": 0, "value": error.to_numpy()})
        facts: dict[str, Fact] = {argument_key(x): float(value) for x, value in values.items()}
        single = activation_values(frame, metric, "float32")
        if not single.empty:
            facts["rounds_to_one_at"] = saturation(single)
        return Samples(table, ("x",), "1", centre="worst", facts=facts)

    return statistic


def gate_range(cell: str, gate: str) -> Statistic:
    """Return what a gate reaches: its smallest and its largest value per seed; the interval is the range."""

    def statistic(frame: pd.DataFrame) -> Samples | None:
        rows = measured(frame, "gates", (f"gate_min_{gate}", f"gate_max_{gate}"))
        rows = rows.loc[rows["name"] == cell]
        if rows.empty:
            return None
        table = rows.loc[:, ["initialiser", "hidden_size", "value"]].assign(sample=rows["seed"])
        facts: dict[str, Fact] = {
            "smallest": Number(float(rows["value"].min()), digits=3),
            "largest": Number(float(rows["value"].max()), digits=3),
        }
        single = activation_values(frame, "sigmoid", "float32")
        if not single.empty and gate not in ("g", "n"):
            facts["rounds_to_one_at"] = saturation(single)
            facts["nearest_is_one_at"] = Number(nearest_is_one(), decimals=2)
        return Samples(table, ("initialiser", "hidden_size"), RANGE, centre="range", facts=facts)

    return statistic


def gate_level(cell: str, gate: str) -> Statistic:
    """Mean of a gate over steps and units, per seed, initialiser and hidden size."""

    def statistic(frame: pd.DataFrame) -> Samples | None:
        rows = measured(frame, "gates", f"gate_mean_{gate}")
        rows = rows.loc[rows["name"] == cell]
        if rows.empty:
            return None
        means = rows.groupby(["initialiser", "hidden_size", "seed"])["value"].mean().reset_index()
        return Samples(means.rename(columns={"seed": "sample"}), ("initialiser", "hidden_size"), "1", centre="mean")

    return statistic
