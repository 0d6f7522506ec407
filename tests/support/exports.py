"""A small valid export, and copies of it that were edited by hand."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from cells.registry import cell_meanings
from tests.support.rows import synthetic

ENVIRONMENTS = {"synthetic": {"cpu": "Example CPU", "cells": cell_meanings()}}
TABLE = "measurements.csv"


def small_frame() -> pd.DataFrame:
    """Counts, first calls and an item that failed: 16 rows, of every kind of column."""
    frame = synthetic.frame(synthetic.Truth(seeds=2, blocks=8), studies=("compile", "peak", "radius"))
    failed = frame.iloc[:1].assign(metric="failure", value=None, unit="", status="failed", reason="TypeError: a, b")
    return pd.concat([frame.iloc[:15], failed], ignore_index=True)


def write(folder: Path, frame: pd.DataFrame, environments: object = ENVIRONMENTS, name: str = TABLE) -> Path:
    """Write an export; return its table."""
    folder.mkdir(exist_ok=True)
    frame.to_csv(folder / name, index=False, lineterminator="\n")
    text = environments if isinstance(environments, str) else json.dumps(environments)
    (folder / "environment.json").write_text(text)
    return folder / name


def edited(table: Path, edit: Callable[[list[list[str]]], None]) -> Path:
    """Change the cells of a table in place, the head as row 0, as an editor of tables would."""
    with table.open(newline="") as file:
        rows = list(csv.reader(file))
    edit(rows)
    with table.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    return table


def with_cell(table: Path, line: int, column: str, text: str) -> Path:
    """Change one cell; the head is line 1."""

    def change(rows: list[list[str]]) -> None:
        rows[line - 1][rows[0].index(column)] = text

    return edited(table, change)
