"""The files of an export: a table of rows, and what `environment.json` says about the machines and the cells."""

from __future__ import annotations

import csv
import gzip
import json
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

import pandas as pd

from analysis.schema_check import Located
from bench.columns import SCHEMA, Moment, Real, Whole, Words

TABLES = ("measurements.csv", "measurements.csv.gz")
ENVIRONMENT = "environment.json"
OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
WORDS = {name: "category" for name, kind in SCHEMA.items() if isinstance(kind, Words | Moment) and name != "status"}
"""Columns of few words, each of which is kept once. `bench.former` rewrites the status."""
TEXT = {name: str for name, kind in SCHEMA.items() if name not in WORDS and not isinstance(kind, Whole | Real)}
"""Columns that stay text whatever they look like: an id of digits alone is no number."""
ENCODING = "utf-8-sig"  # a byte order mark, as Excel writes one, is passed over
WRONG_COUNT = re.compile(r"Expected (\d+) fields in line (\d+), saw (\d+)")


def is_table(path: Path) -> bool:
    """Say whether a path is named like a table of rows."""
    return path.name.endswith((".csv", ".csv.gz"))


def read_table(table: Path) -> pd.DataFrame:
    """Read the rows of an export, in the order of the file; numbers may still be text, and text categories.

    Raises
    ------
    ValueError
        Where the file is damaged or cut off, is separated by something else than commas, or has a column twice.

    """
    try:
        _check_head(table)
        frame = pd.read_csv(
            table,
            keep_default_na=False,
            na_values={"value": [""]},
            dtype={**TEXT, **WORDS},
            encoding=ENCODING,
            low_memory=False,
        )
    except pd.errors.ParserError as error:
        found = WRONG_COUNT.search(str(error))
        if found is None:
            raise ValueError(f"{table} is damaged or cut off: {error}; export it again") from error
        expected, line, given = found.groups()
        raise ValueError(f"{table}, line {line}: {given} cells; {_one_a_column(int(expected))}") from error
    except (EOFError, zlib.error, OSError, UnicodeDecodeError, pd.errors.EmptyDataError) as error:
        raise ValueError(f"{table} is damaged or cut off: {error}; export it again") from error
    if not isinstance(frame.index, pd.RangeIndex):  # what pandas makes of a first row that is longer than the head
        raise ValueError(f"{table}, line 2: more cells than columns; {_one_a_column(len(frame.columns))}")
    if table.suffix == ".csv" and not _ends_with_a_line(table):  # gzip has a checksum of its own
        raise ValueError(f"{table} is cut off inside its last line; export it again")
    return frame


def lines_of(table: Path, positions: Sequence[int]) -> dict[int, Located]:
    """Return the line of each row and its cells as they stand in the file; rows are counted from 0, lines from 1."""
    found: dict[int, Located] = {}
    with _open(table) as file:
        reader = csv.reader(file)
        head = next(reader)
        line = reader.line_num + 1
        for position, row in enumerate(_numbered(reader, line)):
            if position in positions:
                line, cells = row
                found[position] = f"line {line}", dict(zip(head, cells, strict=False))
            if position >= max(positions):
                break
    return found


def read_environments(folder: Path) -> Mapping[str, Mapping[str, Any]]:
    """Return what `environment.json` of a folder says: the facts of each environment by its id.

    Raises
    ------
    FileNotFoundError
        Where the folder has none.
    ValueError
        Where it is no JSON, or no mapping of ids to facts.

    """
    file = folder / ENVIRONMENT
    if not file.exists():
        raise FileNotFoundError(f"no {ENVIRONMENT} in {folder}; an export holds it beside {TABLES[0]}")
    try:
        found = json.loads(file.read_text(encoding=ENCODING))
    except ValueError as error:
        raise ValueError(f"{file} is no JSON: {error}; export it again") from error
    if not isinstance(found, Mapping):
        raise ValueError(f"{file} holds {_kind(found)}; allowed: a mapping from environments to their facts")
    for name, facts in found.items():
        if not isinstance(facts, Mapping):
            raise ValueError(f"{file}: {name!r} is {_kind(facts)}; allowed: a mapping of facts, as an export writes it")
    return found


def _kind(value: object) -> str:
    return {list: "a list", str: "a text", bool: "true or false", type(None): "null"}.get(type(value), "a number")


def _check_head(table: Path) -> None:
    """Raise ValueError for a head that is not separated by commas or names a column twice."""
    with _open(table) as file:
        head = next(csv.reader(file), [])
    for mark, name in OTHER_SEPARATORS.items():
        if len(head) == 1 and mark in head[0]:
            raise ValueError(f"{table}, line 1: columns are separated by {name}; allowed: commas, and decimal points")
    twice = sorted({name for name in head if head.count(name) > 1})
    if twice:
        raise ValueError(f"{table}, line 1: column {', '.join(twice)} stands there twice; allowed: once")


def _one_a_column(columns: int) -> str:
    return f"allowed: {columns}, one a column; a cell that has a comma in it stands in quotation marks"


def _numbered(reader: Any, line: int) -> Iterator[tuple[int, list[str]]]:
    """Yield the line at which each row begins, and its cells; empty lines are no rows, as pandas reads them."""
    for cells in reader:
        if cells and not (len(cells) == 1 and not cells[0].strip()):
            yield line, cells
        line = reader.line_num + 1


def _open(table: Path) -> TextIO:
    opener: Any = gzip.open if table.suffix == ".gz" else open
    file: TextIO = opener(table, "rt", encoding=ENCODING, newline="")
    return file


def _ends_with_a_line(table: Path) -> bool:
    """Say whether the file's last character ends a line, as every export's does."""
    with table.open("rb") as file:
        file.seek(-1, 2)
        return file.read(1) == b"\n"
