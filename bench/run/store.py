"""The store: every measured row in one SQLite file, safe against a kill at any moment.

One item (a case in one block) is one transaction, so an item is there wholly or not at all, and a rerun measures
only what is missing. Reading is open to all; writing to one run at a time.
"""

from __future__ import annotations

import datetime
import gzip
import json
import secrets
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.about import ABOUT, SETTINGS, About
from bench.case import CORE_COLUMNS, Case
from bench.names import unknown
from bench.rows import COLUMNS, Measurement
from bench.run import schema
from bench.run.environment import Environment

if TYPE_CHECKING:
    import pandas as pd

Key = tuple[str, int, str]
"""What the store knows an item by, on one machine: case key, block, code version."""


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
            return _done(connection, environment)

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


class Writer:
    """Adds the items of runs; made by `Store.writing`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @contextmanager
    def run(self, environment: Environment, planned: Collection[tuple[str, Key]] = ()) -> Iterator[Run]:
        """Begin a run on a machine, and end it.

        Parameters
        ----------
        environment
            The machine; its facts are recorded, or renewed where they change from run to run.
        planned
            (study, key) of every item of the run's plan, measured before or not. When the run ends, in whatever way,
            those studies are marked as whole all of whose items are there.

        """
        run = Run(self._connection, environment)
        completed = False
        try:
            yield run
            completed = True
        finally:
            run.end(planned, completed=completed)

    def keep_setting(self, name: str, value: str) -> None:
        """Keep a setting of the run as a whole, one of `bench.about.SETTINGS`; the last value counts."""
        if name not in SETTINGS:
            raise ValueError(unknown("setting", name, SETTINGS))
        self._connection.execute(
            "INSERT INTO settings VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", (name, value)
        )

    def keep_experiment(self, definition: Mapping[str, Any]) -> None:
        """Keep an experiment's definition under its name, in place of an earlier one of that name and measure.

        Raises ValueError for a name that an experiment with another measure has.
        """
        name, measure = definition["name"], definition["measure"]
        known = self._connection.execute("SELECT definition FROM experiments WHERE name = ?", (name,)).fetchone()
        if known is not None and json.loads(known[0])["measure"] != measure:
            raise ValueError(
                f"experiment {name!r} is stored and measures {json.loads(known[0])['measure']}, not {measure};"
                " allowed: the same measure, or another name"
            )
        self._connection.execute(
            "INSERT INTO experiments VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET definition = excluded.definition",
            (name, json.dumps(dict(definition), sort_keys=True)),
        )

    def forget_failed(self, environment: Environment, keys: Collection[Key]) -> None:
        """Remove those of the items that failed on this machine, so that they are measured again."""
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        failed = connection.execute(
            "SELECT id, case_key, block, code_version FROM items WHERE status = 'failed' AND environment = ?",
            (environment.id,),
        ).fetchall()
        wanted = set(keys)
        for item, *key in failed:
            if tuple(key) in wanted:
                connection.execute("DELETE FROM measurements WHERE item = ?", (item,))
                connection.execute("DELETE FROM items WHERE id = ?", (item,))
        connection.execute("COMMIT")


class Run:
    """One run: items that were measured one after another, on one machine; made by `Writer.run`."""

    def __init__(self, connection: sqlite3.Connection, environment: Environment) -> None:
        self._connection = connection
        self._environment = environment
        began_at = _now()
        self.id = f"{began_at.replace(':', '').replace('-', '')[:15]}-{secrets.token_hex(3)}"
        """Names the run: when it began, and six random digits."""
        facts = json.dumps(dict(environment.facts), sort_keys=True)
        connection.execute(
            "INSERT INTO environments VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET facts = excluded.facts",
            (environment.id, facts),
        )
        connection.execute("INSERT INTO runs VALUES (?, ?, ?, NULL)", (self.id, environment.id, began_at))

    def add(self, case: Case, block: int, rows: Sequence[Measurement], code_version: str) -> None:
        """Store one item with all its rows, durably, before returning. A second time the same item is ignored."""
        status = "failed" if any(row.status == "failed" for row in rows) else "ok"
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            core = tuple(getattr(case, name) for name in CORE_COLUMNS)
            # Not "OR IGNORE": that would also drop a row with a missing column without a word.
            marks = ", ".join("?" * (len(core) + 2))
            connection.execute(
                f"INSERT INTO cases VALUES ({marks}) ON CONFLICT DO NOTHING",
                (case.key, *core, schema.conditions_as_text(case)),
            )
            inserted = connection.execute(
                "INSERT INTO items (case_key, environment, code_version, run, block, status, measured_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id",
                (case.key, self._environment.id, code_version, self.id, block, status, _now()),
            ).fetchone()
            if inserted is not None:
                connection.executemany(
                    "INSERT INTO measurements VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    [
                        (
                            inserted[0],
                            row.metric,
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

    def end(self, planned: Collection[tuple[str, Key]], *, completed: bool) -> None:
        """Mark the studies that are whole now, and when the run ended if it measured all it was to measure."""
        connection = self._connection
        there = _done(connection, self._environment)
        by_study: dict[tuple[str, str], bool] = {}
        for study, key in planned:
            place = (study, key[2])
            by_study[place] = by_study.get(place, True) and key in there
        connection.executemany(
            "INSERT INTO wholes VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            [(study, self._environment.id, version) for (study, version), whole in by_study.items() if whole],
        )
        if completed:
            connection.execute("UPDATE runs SET ended_at = ? WHERE id = ?", (_now(), self.id))


def _done(connection: sqlite3.Connection, environment: Environment) -> set[Key]:
    return set(
        connection.execute(
            "SELECT case_key, block, code_version FROM items WHERE environment = ?", (environment.id,)
        ).fetchall()
    )


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
