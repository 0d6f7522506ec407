"""Table "parameters": the parameters of each cell at common sizes, by formula and as allocated."""

from __future__ import annotations

import math

import pandas as pd

from analysis.claims.statistics.counted import counts
from analysis.result import Number, Table
from analysis.select import CELL_ORDER
from analysis.theory.closed_forms import AFFINE_MAPS, parameters


def parameter_table(frame: pd.DataFrame) -> Table | None:
    """Tabulate the parameters at each size with one and two bias vectors, beside the formula, and their bytes."""
    found = counts(frame)
    if "parameters_single" not in found.columns:
        return None
    found = found.loc[found["name"].isin(CELL_ORDER)].dropna(subset=["parameters_single"])
    order = {name: position for position, name in enumerate(CELL_ORDER)}
    found = found.assign(rank=found["name"].map(order))
    found = found.sort_values(["hidden_size", "input_size", "rank", "name"])
    rows = []
    for row in found.to_dict("records"):
        directions = 2 if row["name"].startswith("bi") else 1
        cell = row["name"].removeprefix("bi")
        sizes = (int(row["input_size"]), int(row["hidden_size"]))
        derived = parameters(cell, *sizes, directions=directions) if cell in AFFINE_MAPS else math.nan
        numbers = (derived, row["parameters_single"], row.get("parameters_double", math.nan))
        rows.append(
            (
                row["name"],
                *sizes,
                *(float(number) for number in numbers),
                Number(float(row.get("bytes_parameters", math.nan)), "B", digits=3),
            )
        )
    columns = ("cell", "input_size", "hidden_size", "derived", "parameters_single", "parameters_double", "bytes")
    return Table("parameters", columns, tuple(rows))
