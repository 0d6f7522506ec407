"""Rows in: from the store of a run, or from the folder that a run was exported to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import pandas as pd

from analysis.cells import cells_of
from analysis.exported import TABLES, is_table, lines_of, read_environments, read_table
from analysis.runs import choose_runs, separate_blocks
from analysis.schema_check import Locate, checked, rows_of
from bench.about import About, read_about
from bench.case import CASE_COLUMNS
from bench.columns import schema
from bench.former import renewed
from bench.rows import COLUMNS

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
        Where columns are missing or unknown, machines are mixed, a row stands there twice, or a cell is not what
        `bench.columns` allows: the message names the file, the line, the column, what was given and what is allowed.

    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"no rows at {path}; allowed: a store, or a folder with {' or '.join(TABLES)}")
    table = _table_in(path)
    if table is None:
        from bench.run.store import Store

        frame = Store(path).frame()
    else:
        frame = read_table(table)
    machines = _machines_of(path)
    return check(
        frame,
        source=str(table or path),
        mix_machines=mix_machines,
        cells=cells_in(machines or ()),
        environments=None if machines is None else [str(facts["id"]) for facts in machines],
        locate=None if table is None else lambda positions: lines_of(table, positions),
    )


def load_environments(path: str | Path) -> tuple[Mapping[str, object], ...]:
    """Describe the machines of a run: the facts of each with its `id`, from a store or an exported folder.

    Raises
    ------
    FileNotFoundError
        Where an export has no ``environment.json``.
    ValueError
        Where that file is no description of machines and their cells.

    """
    path = Path(path)
    if path.is_file() and not is_table(path):
        from bench.run.store import Store

        found: Mapping[str, Mapping[str, object]] = Store(path).environments()
    else:
        found = read_environments(path if path.is_dir() else path.parent)
    described = tuple({"id": name, **facts} for name, facts in sorted(found.items()))
    try:
        cells_of(described)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return described


def load_about(path: str | Path) -> About:
    """Return what is known of a run as a whole: its settings, and the definitions of its experiments.

    Raises ValueError where the file of an export that says it is damaged.
    """
    path = Path(path)
    if path.is_file() and not is_table(path):
        from bench.run.store import Store

        return Store(path).about()
    return read_about(path if path.is_dir() else path.parent)


def _machines_of(path: Path) -> tuple[Mapping[str, object], ...] | None:
    """Return what is said about the machines of a run; None where rows lie alone."""
    try:
        return load_environments(path)
    except FileNotFoundError:
        return None


def cells_in(environments: Iterable[Mapping[str, object]]) -> tuple[str, ...]:
    """Name the cells that environments describe."""
    described = (facts.get("cells") for facts in environments)
    return tuple(str(name) for cells in described if isinstance(cells, Mapping) for name in cells)


def check(
    frame: pd.DataFrame,
    *,
    source: str = "frame",
    mix_machines: bool = False,
    cells: Iterable[str] = (),
    environments: Collection[str] | None = None,
    locate: Locate | None = None,
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
    environments
        The ids that are described; None where nothing is known about them.
    locate
        Says where rows of a file stand, for the messages.

    """
    frame = renewed(frame)
    missing = [name for name in COLUMNS if name not in frame.columns]
    unknown = [name for name in frame.columns if name not in COLUMNS]
    if missing or unknown:
        raise ValueError(
            f"{source}: missing columns {missing or 'none'}, unknown columns {unknown or 'none'}; "
            f"known: {', '.join(COLUMNS)}"
        )
    locate = locate or rows_of(frame)
    frame = checked(frame.loc[:, list(COLUMNS)], schema(cells), source, environments, locate)
    _refuse_twice(frame, source, locate)
    machines = sorted(map(str, frame["environment"].unique()))
    if len(machines) > 1 and not mix_machines:
        raise ValueError(
            f"{source}: rows of {len(machines)} environments ({', '.join(machines)}); "
            "allowed: one, or mix_machines=True"
        )
    return in_order(separate_blocks(choose_runs(frame)))


def in_order(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows in the one order that figures and tables are made from."""
    return frame.sort_values(list(ORDER), kind="stable", ignore_index=True)


def _refuse_twice(frame: pd.DataFrame, source: str, locate: Locate) -> None:
    """Raise ValueError for rows that stand there twice: nothing but their value tells them apart."""
    key = [*CASE_COLUMNS, *RUN_KEY]
    doubled = frame.duplicated(key).to_numpy()
    if doubled.any():
        again = int(doubled.argmax())
        row = frame.iloc[again]
        first = int((frame[key].iloc[:again] == row[key]).all(axis=1).to_numpy().argmax())
        places = locate([first, again])
        raise ValueError(
            f"{source}, {places[again][0]}: the same row as {places[first][0]} ({row['study']}, {row['cell']}, "
            f"{row['metric']}, block {row['block']}, replicate {row['replicate']}, step {row['step']:g}); "
            f"{int(doubled.sum())} rows stand there twice; allowed: rows that differ in one of {', '.join(key)}"
        )


def _table_in(path: Path) -> Path | None:
    """Return the CSV file that `path` is or holds; None for a store."""
    if path.is_dir():
        for name in TABLES:
            if (path / name).exists():
                return path / name
        raise FileNotFoundError(f"no export in {path}; allowed: {' or '.join(TABLES)}")
    return path if is_table(path) else None
