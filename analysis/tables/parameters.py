"""Table "parameters": the parameters of each cell at common sizes, by formula and as allocated."""

from __future__ import annotations

import math

import pandas as pd

from analysis.cells import LECTURE, known
from analysis.readings.parameter_counts import counts
from analysis.result import Number, Table
from analysis.theory.closed_forms import has_counts, parameters


def parameter_table(frame: pd.DataFrame) -> Table | None:
    """Tabulate the parameters at each size with one and two bias vectors, beside the formula, and their bytes."""
    found = counts(frame)
    if "parameters_single" not in found.columns:
        return None
    order = {name: position for position, name in enumerate((*known().names, LECTURE))}
    found = found.loc[found["name"].isin(order)].dropna(subset=["parameters_single"])
    found = found.assign(rank=found["name"].map(order))
    found = found.sort_values(["hidden_size", "input_size", "rank", "name"])
    rows = []
    for row in found.to_dict("records"):
        cell = known().find(row["name"])
        sizes = (int(row["input_size"]), int(row["hidden_size"]))
        derived = parameters(cell.name, *sizes, directions=cell.directions) if has_counts(cell.name) else math.nan
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
