"""The rows of an experiment: those of its study that its definition asks for now."""

from __future__ import annotations

import functools
import operator
from dataclasses import fields

import numpy as np
import pandas as pd

from bench.case import Case
from bench.conditions import CONDITIONS
from bench.experiments.askable import Askable
from bench.experiments.definition import Axes, Experiment

FREE = ("cell", "backend", "direction", "threads", "input_scale")
"""Fields that, where no axis names them, have the values that the machine and the measure allow."""
DEFAULTS = {field.name: field.default for field in fields(Case)} | {
    name: condition.default for name, condition in CONDITIONS.items()
}


def rows_of(frame: pd.DataFrame, experiment: Experiment) -> pd.DataFrame:
    """Select the rows of the experiment's study that belong to its grids and to its first seeds.

    A store keeps what was measured under an earlier definition of the same name: a row counts where, in one of the
    grids, each axis has its value and each other field its default.

    Returns
    -------
    DataFrame
        The rows, with the column `name` (the cell, "bilstm" for an LSTM of two directions) and initialisers written as
        in a definition, "name" or "name:value".

    """
    rows = frame.loc[frame["study"] == experiment.study]
    inside = [_in_grid(rows, grid, experiment.asked) for grid in experiment.grids]
    rows = rows.loc[functools.reduce(operator.or_, inside)]
    if experiment.asked.seeds:
        rows = rows.loc[rows["seed"].isin(np.sort(rows["seed"].unique())[: experiment.seeds])]
    return rows.assign(
        name=rows["cell"].where(rows["merge"] == "none", "bi" + rows["cell"]), initialiser=initialiser_texts(rows)
    )


def initialiser_texts(rows: pd.DataFrame) -> pd.Series:
    """Write each row's initialiser as a definition does: "torch", "chrono:100"."""
    values = [f":{value:g}" if value else "" for value in rows["initialiser_value"]]
    return rows["initialiser"].astype(str) + pd.Series(values, index=rows.index, dtype=object)


def _in_grid(rows: pd.DataFrame, grid: Axes, asked: Askable) -> pd.Series:
    keep = pd.Series(True, index=rows.index)
    for field in asked.fields:
        column = initialiser_texts(rows) if field == "initialiser" else rows[field]
        if field in grid:
            keep &= column.isin([_as_text(value) if field == "initialiser" else value for value in grid[field]])
        elif field in asked.defaults or field not in (*FREE, *asked.fixed, *asked.by_task):
            keep &= column == asked.defaults.get(field, DEFAULTS[field])
    return keep


def _as_text(initialiser: object) -> str:
    """Write an initialiser of a definition as `initialiser_texts` does: "chrono:100.0" is "chrono:100"."""
    name, colon, value = str(initialiser).partition(":")
    return f"{name}:{float(value):g}" if colon and float(value) else name
