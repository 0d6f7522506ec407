"""The tables of a store, and how a store of an earlier schema becomes one of this."""

from __future__ import annotations

import json
import sqlite3

from bench.case import CASE_COLUMNS, CORE_COLUMNS, Case
from bench.conditions import CONDITIONS, conditions
from bench.former import RENEW_STATUSES
from bench.rows import MEASUREMENT_COLUMNS

VERSION = 5
"""2: without the condition `variant`. 3: a column for each condition, rows that do not know their run. 4: no
settings, no experiments."""

TYPES = {"int": "INTEGER", "float": "REAL", "str": "TEXT"}
_CORE = ", ".join(f"{name} {TYPES[Case.__annotations__[name]]} NOT NULL" for name in CORE_COLUMNS)
ABOUT = """
CREATE TABLE experiments (name TEXT PRIMARY KEY, definition TEXT NOT NULL) STRICT;
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
"""
TABLES = f"""
{ABOUT}
CREATE TABLE environments (id TEXT PRIMARY KEY, facts TEXT NOT NULL) STRICT;
CREATE TABLE cases (key TEXT PRIMARY KEY, {_CORE}, conditions TEXT NOT NULL) STRICT;
CREATE TABLE runs (
    id TEXT PRIMARY KEY, environment TEXT NOT NULL REFERENCES environments(id), began_at TEXT NOT NULL, ended_at TEXT
) STRICT;
CREATE TABLE wholes (
    study TEXT NOT NULL, environment TEXT NOT NULL, code_version TEXT NOT NULL,
    PRIMARY KEY (study, environment, code_version)
) STRICT, WITHOUT ROWID;
CREATE TABLE items (
    id INTEGER PRIMARY KEY, case_key TEXT NOT NULL REFERENCES cases(key), environment TEXT NOT NULL,
    code_version TEXT NOT NULL, run TEXT NOT NULL REFERENCES runs(id), block INTEGER NOT NULL, status TEXT NOT NULL,
    measured_at TEXT NOT NULL,
    UNIQUE (case_key, environment, code_version, run, block)
) STRICT;
CREATE TABLE measurements (
    item INTEGER NOT NULL REFERENCES items(id), metric TEXT NOT NULL, replicate INTEGER NOT NULL, step REAL NOT NULL,
    value REAL, unit TEXT NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL,
    PRIMARY KEY (item, metric, replicate, step)
) STRICT, WITHOUT ROWID;
"""


def _condition(name: str) -> str:
    """Return SQL for a condition's value: what the case sets, else the default."""
    default = CONDITIONS[name].default
    literal = f"'{default}'" if isinstance(default, str) else repr(default)
    return f"coalesce(json_extract(c.conditions, '$.{name}'), {literal})"


_CASE = ", ".join(f"c.{name}" if name in CORE_COLUMNS else _condition(name) for name in CASE_COLUMNS)
_MEASUREMENT = ", ".join("i.block" if name == "block" else f"m.{name}" for name in MEASUREMENT_COLUMNS)
SELECT = f"""
SELECT {_CASE}, {_MEASUREMENT}, i.environment, i.code_version, i.run,
       EXISTS (SELECT 1 FROM wholes w WHERE (w.study, w.environment, w.code_version) =
               (c.study, i.environment, i.code_version)), i.measured_at
FROM measurements m JOIN items i ON i.id = m.item JOIN cases c ON c.key = i.case_key
ORDER BY c.study, c.cell, i.case_key, m.metric, i.block, i.measured_at, i.id, m.replicate, m.step
"""
"""Rows in the order of `bench.rows.COLUMNS`."""


def conditions_as_text(case: Case) -> str:
    """Return the conditions of a case as the store keeps them: JSON, sorted by name."""
    return json.dumps(dict(case.conditions), sort_keys=True)


def create(connection: sqlite3.Connection) -> None:
    """Make the tables of an empty store."""
    connection.executescript(f"BEGIN IMMEDIATE; {TABLES} PRAGMA user_version = {VERSION}; COMMIT;")


def extend(connection: sqlite3.Connection) -> None:
    """Turn a store of schema 4 into one of today's: it knows no experiments and no settings yet."""
    connection.executescript(f"BEGIN IMMEDIATE; {ABOUT} PRAGMA user_version = {VERSION}; COMMIT;")


def renew(connection: sqlite3.Connection) -> None:
    """Turn the tables of schema 2 or 3 into today's, in one transaction.

    All rows of one machine and one version of the code become one run, which counts as whole: what was measured when
    was not kept any better.
    """
    columns = {row[1] for row in connection.execute("PRAGMA table_info(cases)")}
    former = [name for name in CONDITIONS if name in columns]  # the others came later: those cases have their defaults
    connection.create_function("conditions_of", len(former), lambda *values: _as_text(former, values))
    named = ", ".join(former)
    core = ", ".join(CORE_COLUMNS)
    connection.executescript(f"""
PRAGMA foreign_keys = OFF;
BEGIN IMMEDIATE;
ALTER TABLE measurements RENAME TO former_measurements;
ALTER TABLE items RENAME TO former_items;
ALTER TABLE cases RENAME TO former_cases;
ALTER TABLE environments RENAME TO former_environments;
{TABLES}
INSERT INTO environments SELECT id, facts FROM former_environments;
INSERT INTO cases SELECT key, {core}, conditions_of({named}) FROM former_cases;
INSERT INTO runs SELECT environment || '-' || code_version, environment, min(measured_at), max(measured_at)
    FROM former_items GROUP BY environment, code_version;
INSERT INTO wholes SELECT DISTINCT c.study, i.environment, i.code_version
    FROM former_items i JOIN former_cases c ON c.key = i.case_key;
INSERT INTO items (case_key, environment, code_version, run, block, status, measured_at)
    SELECT case_key, environment, code_version, environment || '-' || code_version, block, status, measured_at
    FROM former_items;
INSERT INTO measurements SELECT i.id, m.metric, m.replicate, m.step, m.value, m.unit, m.status, m.reason
    FROM former_measurements m JOIN items i USING (case_key, environment, code_version, block);
DROP TABLE former_measurements; DROP TABLE former_items; DROP TABLE former_cases; DROP TABLE former_environments;
{RENEW_STATUSES}
PRAGMA user_version = {VERSION};
COMMIT;
PRAGMA foreign_keys = ON;
""")


def _as_text(names: list[str], values: tuple[float | str, ...]) -> str:
    return json.dumps(dict(conditions(**dict(zip(names, values, strict=True)))), sort_keys=True)
