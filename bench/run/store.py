"""The store: every measured row in one SQLite file, safe against a kill at any moment.

One item (a case in one block) is one transaction, so an item is there wholly or not at all, and a rerun measures
only what is missing. Reading is open to all; writing to one run at a time.
"""

from __future__ import annotations

import datetime
import gzip
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.case import CASE_COLUMNS, LATER, Case
from bench.rows import COLUMNS, MEASUREMENT_COLUMNS, Measurement
from bench.run.environment import Environment

if TYPE_CHECKING:
    import pandas as pd

SCHEMA_VERSION = 3  # 2: without LATER
TYPES = {"int": "INTEGER", "float": "REAL", "str": "TEXT"}
_CASE_COLUMNS = ", ".join(f"{name} {TYPES[Case.__annotations__[name]]} NOT NULL" for name in CASE_COLUMNS)
SCHEMA = f"""
CREATE TABLE environments (id TEXT PRIMARY KEY, facts TEXT NOT NULL) STRICT;
CREATE TABLE cases (key TEXT PRIMARY KEY, {_CASE_COLUMNS}) STRICT;
CREATE TABLE items (
    case_key TEXT NOT NULL REFERENCES cases(key), environment TEXT NOT NULL REFERENCES environments(id),
    code_version TEXT NOT NULL, block INTEGER NOT NULL, status TEXT NOT NULL, measured_at TEXT NOT NULL,
    PRIMARY KEY (case_key, environment, code_version, block)
) STRICT;
CREATE TABLE measurements (
    case_key TEXT NOT NULL, environment TEXT NOT NULL, code_version TEXT NOT NULL, metric TEXT NOT NULL,
    block INTEGER NOT NULL, replicate INTEGER NOT NULL, step REAL NOT NULL, value REAL, unit TEXT NOT NULL,
    status TEXT NOT NULL, reason TEXT NOT NULL,
    PRIMARY KEY (case_key, environment, code_version, metric, block, replicate, step)
) STRICT, WITHOUT ROWID;
PRAGMA user_version = {SCHEMA_VERSION};
"""
_RENEWAL = "".join(
    f"ALTER TABLE cases ADD COLUMN {name} TEXT NOT NULL DEFAULT '{value}';" for name, value in LATER.items()
)
_SELECT = f"""
SELECT {", ".join(f"c.{name}" for name in CASE_COLUMNS)}, {", ".join(f"m.{name}" for name in MEASUREMENT_COLUMNS)},
       m.environment, m.code_version, i.measured_at
FROM measurements m
JOIN cases c ON c.key = m.case_key
JOIN items i USING (case_key, environment, code_version, block)
ORDER BY c.study, c.cell, m.case_key, m.metric, m.block, m.replicate, m.step
"""


class StoreError(Exception):
    """The store cannot be used; the message says why and what to do."""


class Store:
    """Rows at `path`. Open it for writing with `with store.writing():`, which refuses a second writer."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def exists(self) -> bool:
        """Whether anything was ever stored there."""
        return self.path.exists()

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection; every error of SQLite becomes a StoreError that names the file."""
        try:
            connection = sqlite3.connect(self.path, timeout=30, isolation_level=None)
        except sqlite3.OperationalError as error:
            raise StoreError(f"cannot open the store {self.path}: {error}") from error
        try:
            self._check_version(connection)
            yield connection
        except sqlite3.OperationalError as error:
            raise StoreError(f"cannot use the store {self.path}: {error}; nothing that was stored is lost") from error
        except sqlite3.DatabaseError as error:
            raise StoreError(
                f"{self.path} is damaged or no store: {error}; move it away to start anew, or restore a copy"
            ) from error
        finally:
            connection.close()

    def _check_version(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        empty = not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if empty:
            connection.executescript(f"BEGIN IMMEDIATE; {SCHEMA} COMMIT;")
        elif version == SCHEMA_VERSION - 1:
            connection.executescript(f"BEGIN IMMEDIATE; {_RENEWAL} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
        elif version != SCHEMA_VERSION:
            raise StoreError(
                f"{self.path} has schema {version}; allowed: {SCHEMA_VERSION};"
                " move it away, or use the version that wrote it"
            )

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """The one writer. The lock is a transaction on a file beside the store: it ends with the process."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            lock = sqlite3.connect(self.path.with_name(self.path.name + ".lock"), timeout=0, isolation_level=None)
        except (OSError, sqlite3.OperationalError) as error:
            raise StoreError(f"cannot write beside {self.path}: {error}") from error
        try:
            try:
                lock.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError as error:
                raise StoreError(
                    f"another run is writing to {self.path}; wait for it, or choose another store"
                ) from error
            with self._open() as connection:
                yield Writer(connection)
        finally:
            lock.close()

    def done(self, environment: Environment, code_version: str) -> set[tuple[str, int]]:
        """(case key, block) of every item that this code has measured on this machine."""
        if not self.exists():
            return set()
        with self._open() as connection:
            found = connection.execute(
                "SELECT case_key, block FROM items WHERE environment = ? AND code_version = ?",
                (environment.id, code_version),
            )
            return set(found.fetchall())

    def frame(self) -> pd.DataFrame:
        """All rows, tidy, in a fixed order: the columns of `bench.rows.COLUMNS`."""
        import pandas as pd

        if not self.exists():
            raise StoreError(f"no store at {self.path}; make one with `pytest --benchmark` or `recurbench run`")
        with self._open() as connection:
            return pd.DataFrame(connection.execute(_SELECT).fetchall(), columns=list(COLUMNS)).astype({"value": float})

    def environments(self) -> dict[str, dict[str, Any]]:
        """Environment id to its facts."""
        if not self.exists():
            return {}
        with self._open() as connection:
            return {id_: json.loads(facts) for id_, facts in connection.execute("SELECT id, facts FROM environments")}

    def counts(self) -> list[tuple[str, str, str, int, int]]:
        """(study, environment, code version, items, failed items) for each, for `recurbench status`."""
        if not self.exists():
            return []
        with self._open() as connection:
            return connection.execute(
                "SELECT c.study, i.environment, i.code_version, count(*), sum(i.status = 'failed') FROM items i"
                " JOIN cases c ON c.key = i.case_key GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
            ).fetchall()

    def export(self, folder: str | Path, compress: bool = False) -> tuple[Path, Path]:
        """Write measurements.csv (or .csv.gz, the same bytes every time) and environment.json into `folder`."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        text = self.frame().to_csv(index=False, lineterminator="\n").encode()
        rows = folder / ("measurements.csv.gz" if compress else "measurements.csv")
        rows.write_bytes(gzip.compress(text, compresslevel=9, mtime=0) if compress else text)
        environment = folder / "environment.json"
        environment.write_text(json.dumps(self.environments(), indent=2, sort_keys=True) + "\n")
        return rows, environment


class Writer:
    """Adds items; made by `Store.writing`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def environment(self, environment: Environment) -> None:
        """Record the facts of this run's environment, or renew those that change from run to run."""
        facts = json.dumps(dict(environment.facts), sort_keys=True)
        self._connection.execute(
            "INSERT INTO environments VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET facts = excluded.facts",
            (environment.id, facts),
        )

    def forget_failed(self, environment: Environment, code_version: str) -> None:
        """Remove the failed items of this machine and code, so that they are measured again."""
        run = (environment.id, code_version)
        failed = "SELECT case_key, block FROM items WHERE status = 'failed' AND environment = ? AND code_version = ?"
        self._connection.execute("BEGIN IMMEDIATE")
        for case_key, block in self._connection.execute(failed, run).fetchall():
            for table in ("measurements", "items"):
                self._connection.execute(
                    f"DELETE FROM {table} WHERE case_key = ? AND block = ? AND environment = ? AND code_version = ?",
                    (case_key, block, *run),
                )
        self._connection.execute("COMMIT")

    def add(
        self, case: Case, block: int, rows: Sequence[Measurement], environment: Environment, code_version: str
    ) -> None:
        """Store one item with all its rows, durably, before returning. A second time the same item is ignored."""
        status = "failed" if any(row.status == "failed" for row in rows) else "ok"
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        run = (case.key, environment.id, code_version)
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            values = tuple(asdict(case).values())
            _insert(connection, "cases", [(case.key, *values)])
            _insert(connection, "items", [(*run, block, status, now)])
            _insert(
                connection,
                "measurements",
                [
                    (
                        *run,
                        row.metric,
                        block,
                        row.replicate,
                        float(row.step),
                        row.value,
                        row.unit,
                        row.status,
                        row.reason,
                    )
                    for row in rows
                ],
            )
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def _insert(connection: sqlite3.Connection, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    rows = list(rows)
    if rows:
        marks = ", ".join("?" * len(rows[0]))
        # Not "OR IGNORE": that would also drop a row with a missing column without a word.
        connection.executemany(f"INSERT INTO {table} VALUES ({marks}) ON CONFLICT DO NOTHING", rows)
