"""The store: every measured row in one SQLite file, safe against a kill at any moment.

One item (a case in one block) is one transaction, so an item is there wholly or not at all, and a rerun measures
only what is missing. Reading is open to all; writing to one run at a time.
"""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.about import ABOUT, About
from bench.rows import COLUMNS
from bench.run import schema
from bench.run.environment import Environment
from bench.run.writer import Key, Writer, failures, stored

if TYPE_CHECKING:
    import pandas as pd


class StoreError(Exception):
    """The store cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Count:
    """How many items of a study the store holds of one machine and one version of the code.

    `whole` says whether all that a run had planned of the study has been measured with this code.
    """

    study: str
    environment: str
    code_version: str
    items: int
    failed: int
    whole: bool


class Store:
    """Rows at `path`. Open it for writing with `with store.writing():`, which refuses a second writer."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def exists(self) -> bool:
        """Return whether anything was ever stored there."""
        return self.path.exists()

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Open a connection; every error of SQLite becomes a StoreError that names the file."""
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
            schema.create(connection)
        elif version in (2, 3):
            schema.renew(connection)
        elif version == 4:
            schema.extend(connection)
        elif version != schema.VERSION:
            raise StoreError(
                f"{self.path} has schema {version}; allowed: 2 to {schema.VERSION};"
                " move it away, or use the version that wrote it"
            )

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """Open the one writer. The lock is a transaction on a file beside the store: it ends with the process."""
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

    def done(self, environment: Environment) -> set[Key]:
        """Return the key of every item that was measured on this machine."""
        if not self.exists():
            return set()
        with self._open() as connection:
            return stored(connection, environment)

    def failures(self, environment: Environment) -> dict[Key, str]:
        """Return the reason of every item that failed on this machine, by its key."""
        if not self.exists():
            return {}
        with self._open() as connection:
            return failures(connection, environment)

    def frame(self) -> pd.DataFrame:
        """Return all rows, tidy, in a fixed order: the columns of `bench.rows.COLUMNS`."""
        import pandas as pd

        if not self.exists():
            raise StoreError(f"no store at {self.path}; make one with `pytest --benchmark` or `recurbench run`")
        with self._open() as connection:
            rows = connection.execute(schema.SELECT).fetchall()
        return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"value": float})

    def environments(self) -> dict[str, dict[str, Any]]:
        """Return the facts of each environment by its id."""
        if not self.exists():
            return {}
        with self._open() as connection:
            return {id_: json.loads(facts) for id_, facts in connection.execute("SELECT id, facts FROM environments")}

    def about(self) -> About:
        """Return what the store says about the run as a whole."""
        if not self.exists():
            return About()
        with self._open() as connection:
            settings = dict(connection.execute("SELECT name, value FROM settings"))
            told = connection.execute("SELECT name, definition FROM experiments ORDER BY name").fetchall()
        return About(settings, {name: json.loads(definition) for name, definition in told})

    def counts(self) -> list[Count]:
        """Count the items of each study, machine and version of the code, for `recurbench status`."""
        if not self.exists():
            return []
        with self._open() as connection:
            rows = connection.execute(
                "SELECT c.study, i.environment, i.code_version, count(*), sum(i.status = 'failed'), EXISTS"
                " (SELECT 1 FROM wholes w WHERE (w.study, w.environment, w.code_version) ="
                "  (c.study, i.environment, i.code_version))"
                " FROM items i JOIN cases c ON c.key = i.case_key GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
            ).fetchall()
        return [Count(study, machine, code, items, failed, bool(w)) for study, machine, code, items, failed, w in rows]

    def export(self, folder: str | Path, compress: bool = False) -> tuple[Path, Path]:
        """Write measurements.csv (or .csv.gz, the same bytes every time), environment.json and run.json."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        text = self.frame().to_csv(index=False, lineterminator="\n").encode()
        rows = folder / ("measurements.csv.gz" if compress else "measurements.csv")
        rows.write_bytes(gzip.compress(text, compresslevel=9, mtime=0) if compress else text)
        environment = folder / "environment.json"
        environment.write_text(json.dumps(self.environments(), indent=2, sort_keys=True) + "\n")
        (folder / ABOUT).write_text(json.dumps(self.about().as_json(), indent=2, sort_keys=True) + "\n")
        return rows, environment
