"""Counts: a row per cell and size, a column per metric."""

from __future__ import annotations

import pandas as pd

from analysis.readings.parameter_counts import SHAPE, counts
from analysis.select import measured


def test_every_count_stands_at_its_cell_and_size(rows: pd.DataFrame) -> None:
    found = counts(rows).set_index(["name", *SHAPE])
    assert found.index.is_unique
    for row in measured(rows, "parameters").itertuples():
        assert found.loc[(row.name, row.input_size, row.hidden_size), row.metric] == row.value


def test_without_rows_there_are_no_counts(rows: pd.DataFrame) -> None:
    found = counts(rows.iloc[:0])
    assert found.empty
    assert list(found.columns) == ["name", *SHAPE]
