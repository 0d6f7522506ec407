"""Rows in: from the store of a run, or from the folder that a run was exported to."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from analysis.runs import choose_runs, separate_blocks
from bench.case import CASE_COLUMNS, case_from
from bench.former import renewed
from bench.names import OTHER_WORK
from bench.rows import COLUMNS, STATUSES

EXPORTS = ("measurements.csv", "measurements.csv.gz")
ENVIRONMENT = "environment.json"
INTEGERS = ("seq_len", "hidden_size", "input_size", "batch_size", "seed", "threads", "block", "replicate", "whole")
NUMBERS = ("initialiser_value", "gate_bias", "input_scale", "step", "value")
RUN_KEY = ("environment", "code_version", "run", "metric", "block", "replicate", "step")
"""What makes a row one of its kind, beside its case."""
ORDER = (*CASE_COLUMNS, *(name for name in COLUMNS if name not in CASE_COLUMNS))
"""Of the columns by which rows are sorted."""


def load(path: str | Path, *, mix_machines: bool = False) -> pd.DataFrame:
    """Read the tidy rows of one run.

    Parameters
    ----------
    path
        A store (one SQLite file), an exported folder (``measurements.csv`` or ``measurements.csv.gz`` beside
        ``environment.json``), or such a CSV file itself.
    mix_machines
        Times of two machines are not comparable: rows of more than one environment are refused unless this is true.

    Returns
    -------
    DataFrame
        One row per measured number, with the columns ``bench.rows.COLUMNS`` in that order.

    Raises
    ------
    FileNotFoundError
        Where there is nothing at `path`, or the folder holds no export.
    ValueError
        Where columns are missing or unknown, a status is unknown, or machines are mixed.

    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"no rows at {path}; allowed: a store, or a folder with {' or '.join(EXPORTS)}")
    table = _table_in(path)
    if table is None:
        from bench.run.store import Store

        frame = Store(path).frame()
    else:
        try:
            frame = pd.read_csv(table, keep_default_na=False, na_values={"value": [""]}, dtype={"code_version": str})
        except (
            EOFError,
            zlib.error,
            OSError,
            UnicodeDecodeError,
            pd.errors.ParserError,
            pd.errors.EmptyDataError,
        ) as e:
            raise ValueError(f"{table} is damaged or cut off: {e}; export it again") from e
        if table.suffix == ".csv" and not _ends_with_a_line(table):  # gzip has a checksum of its own
            raise ValueError(f"{table} is cut off inside its last line; export it again")
    return check(frame, source=str(path), mix_machines=mix_machines, cells=_described_cells(path))


def load_environments(path: str | Path) -> tuple[Mapping[str, object], ...]:
    """Describe the machines of a run: the facts of each with its `id`, from a store or an exported folder."""
    path = Path(path)
    if path.is_file() and not path.name.endswith((".csv", ".csv.gz")):
        from bench.run.store import Store

        found: Mapping[str, Mapping[str, object]] = Store(path).environments()
    else:
        file = (path if path.is_dir() else path.parent) / ENVIRONMENT
        if not file.exists():
            raise FileNotFoundError(f"no {ENVIRONMENT} in {file.parent}; an export holds it beside {EXPORTS[0]}")
        found = json.loads(file.read_text(encoding="utf-8"))
    return tuple({"id": name, **facts} for name, facts in sorted(found.items()))


def _described_cells(path: Path) -> tuple[str, ...]:
    """Return the cells that the environments of a run describe: a reader may not have all of them."""
    try:
        return cells_in(load_environments(path))
    except FileNotFoundError:
        return ()


def cells_in(environments: Iterable[Mapping[str, object]]) -> tuple[str, ...]:
    """Name the cells that environments describe."""
    described = (facts.get("cells") for facts in environments)
    return tuple(str(name) for cells in described if isinstance(cells, Mapping) for name in cells)


def check(
    frame: pd.DataFrame, *, source: str = "frame", mix_machines: bool = False, cells: Iterable[str] = ()
) -> pd.DataFrame:
    """Return `frame` with the schema's columns and types, or say what is wrong with it.

    Rows of earlier exports get today's columns and statuses (`bench.former`). Where something was measured more than
    once, whole runs are chosen (`analysis.runs`). The order of the rows is made canonical, so that the same rows give
    the same page in any order.

    Parameters
    ----------
    frame
        Tidy rows.
    source
        What the messages call them.
    mix_machines
        Whether rows of several environments are allowed.
    cells
        Cells that are not of this checkout's registry, and that the environments of the rows describe.

    """
    frame = renewed(frame)
    missing = [name for name in COLUMNS if name not in frame.columns]
    unknown = [name for name in frame.columns if name not in COLUMNS]
    if missing or unknown:
        raise ValueError(
            f"{source}: missing columns {missing or 'none'}, unknown columns {unknown or 'none'}; "
            f"known: {', '.join(COLUMNS)}"
        )
    frame = frame.loc[:, list(COLUMNS)].copy()
    for name in (*INTEGERS, *NUMBERS):
        try:
            frame[name] = pd.to_numeric(frame[name]).astype("int64" if name in INTEGERS else "float64")
        except ValueError as error:
            raise ValueError(f"{source}: column {name}: {error}; the file may be cut off, export it again") from error
    _refuse_unknown(frame, source, cells)
    machines = sorted(map(str, frame["environment"].unique()))
    if len(machines) > 1 and not mix_machines:
        raise ValueError(
            f"{source}: rows of {len(machines)} environments ({', '.join(machines)}); "
            "allowed: one, or mix_machines=True"
        )
    chosen = separate_blocks(choose_runs(frame))
    return chosen.sort_values(list(ORDER), kind="stable", ignore_index=True)


def _refuse_unknown(frame: pd.DataFrame, source: str, cells: Iterable[str]) -> None:
    """Raise ValueError for cases that are none, statuses that nobody knows, and rows that stand there twice."""
    strange = sorted(set(frame["status"]) - set(STATUSES))
    if strange:
        raise ValueError(f"{source}: unknown status {', '.join(map(repr, strange))}; known: {', '.join(STATUSES)}")
    for row in frame.drop_duplicates(list(CASE_COLUMNS)).loc[:, list(CASE_COLUMNS)].to_dict("records"):
        try:
            case_from({**row, "cell": OTHER_WORK[0]} if row["cell"] in cells else row)
        except ValueError as error:
            raise ValueError(f"{source}: {error}") from error
    doubled = frame.duplicated([*CASE_COLUMNS, *RUN_KEY])
    if doubled.any():
        row = frame.loc[doubled].iloc[0]
        raise ValueError(
            f"{source}: {int(doubled.sum())} rows stand there twice, the first: {row['study']}, {row['cell']}, "
            f"{row['metric']}, block {row['block']}, replicate {row['replicate']}, step {row['step']:g}; "
            "allowed: one row for each metric, block, replicate and step of a case in a run"
        )


def _ends_with_a_line(table: Path) -> bool:
    """Say whether the file's last character ends a line, as every export's does."""
    with table.open("rb") as file:
        file.seek(-1, 2)
        return file.read(1) == b"\n"


def _table_in(path: Path) -> Path | None:
    """Return the CSV file that `path` is or holds; None for a store."""
    if path.is_dir():
        for name in EXPORTS:
            if (path / name).exists():
                return path / name
        raise FileNotFoundError(f"no export in {path}; allowed: {' or '.join(EXPORTS)}")
    return path if path.name.endswith((".csv", ".csv.gz")) else None
