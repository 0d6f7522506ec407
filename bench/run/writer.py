"""What writes to a store: the items of a run, one transaction each, so that a kill at any moment loses no other one."""

from __future__ import annotations

import datetime
import json
import secrets
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from bench.about import SETTINGS
from bench.case import CORE_COLUMNS, Case
from bench.names import unknown
from bench.rows import Measurement
from bench.run import schema
from bench.run.environment import Environment

Key = tuple[str, int, str]
"""What the store knows an item by, on one machine: case key, block, code version."""


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
        there = stored(connection, self._environment)
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


def stored(connection: sqlite3.Connection, environment: Environment) -> set[Key]:
    """Return the key of every item that was measured on this machine."""
    return set(
        connection.execute(
            "SELECT case_key, block, code_version FROM items WHERE environment = ?", (environment.id,)
        ).fetchall()
    )


def failures(connection: sqlite3.Connection, environment: Environment) -> dict[Key, str]:
    """Return the reason of every item that failed on this machine, by its key."""
    rows = connection.execute(
        "SELECT case_key, block, code_version, max(reason) FROM items JOIN measurements ON item = items.id"
        " WHERE items.status = 'failed' AND environment = ? AND measurements.status = 'failed' GROUP BY items.id",
        (environment.id,),
    ).fetchall()
    return {(case, block, version): reason for case, block, version, reason in rows}


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
