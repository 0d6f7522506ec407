"""What earlier schemas wrote is read, and renewed."""

import sqlite3

import pandas as pd
import pytest

from bench.case import as_row, case_from
from bench.former import renewed
from bench.rows import COLUMNS, Measurement
from tests.bench.run.stores import add

FORMER = """
CREATE TABLE environments (id TEXT PRIMARY KEY, facts TEXT NOT NULL) STRICT;
CREATE TABLE cases (key TEXT PRIMARY KEY, study TEXT NOT NULL, cell TEXT NOT NULL, backend TEXT NOT NULL,
    direction TEXT NOT NULL, merge TEXT NOT NULL, seq_len INTEGER NOT NULL, hidden_size INTEGER NOT NULL,
    input_size INTEGER NOT NULL, batch_size INTEGER NOT NULL, dtype TEXT NOT NULL, initialiser TEXT NOT NULL,
    initialiser_value REAL NOT NULL, gate_bias REAL NOT NULL, inputs TEXT NOT NULL, input_scale REAL NOT NULL,
    seed INTEGER NOT NULL, threads INTEGER NOT NULL{variant}) STRICT;
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
PRAGMA user_version = {version};
"""


def former_store(path, version, case, rows, environment):
    """A store as schema 2 or 3 wrote it, with one item; its last row was a gradient that T steps did not lose."""
    path.parent.mkdir()
    variant = ", variant TEXT NOT NULL" if version == 3 else ""
    columns = as_row(case)
    order = [name for name in FORMER_ORDER if name != "variant" or version == 3]
    run = (case.key, environment.id, "v1")
    with sqlite3.connect(path) as connection:
        connection.executescript(FORMER.format(variant=variant, version=version))
        connection.execute("INSERT INTO environments VALUES (?, '{}')", (environment.id,))
        values = [case.key, *(columns[name] for name in order)]
        connection.execute(f"INSERT INTO cases VALUES ({', '.join('?' * len(values))})", values)
        connection.execute("INSERT INTO items VALUES (?, ?, ?, 0, 'failed', '2026-01-01T00:00:00+00:00')", run)
        lost = (
            "lost_seen_normal",
            0,
            0,
            0.0,
            None,
            "steps",
            "failed",
            "not lost within 3 steps: the case is too short",
        )
        zero = ("log10_norm_h", 0, 0, 9.0, None, "log10", "underflow", "exactly 0")
        told = [(row.metric, 0, 0, row.step, row.value, row.unit, "ok", "") for row in rows]
        for row in (*told, lost, zero):
            connection.execute(f"INSERT INTO measurements VALUES ({', '.join('?' * 11)})", (*run, *row))


FORMER_ORDER = (
    "study cell backend direction merge seq_len hidden_size input_size batch_size dtype initialiser initialiser_value"
    " gate_bias inputs input_scale seed threads variant"
).split()


@pytest.mark.parametrize("version", [2, 3])
def test_a_store_of_an_earlier_schema_is_renewed_in_place(version, store, environment, case, rows):
    former_store(store.path, version, case, rows, environment)
    assert store.done(environment) == {(case.key, 0, "v1")}
    frame = store.frame()
    assert list(frame.columns) == list(COLUMNS)
    assert {case_from(row) for row in frame.to_dict("records")} == {case}
    assert frame.query("status == 'ok'")["value"].tolist() == [row.value for row in rows]
    (lost,) = frame.query("metric == 'lost_seen_normal'").to_dict("records")
    assert (lost["status"], lost["value"]) == ("censored", 3.0)
    assert frame.query("status == 'zero'")["step"].tolist() == [9.0]
    assert set(frame["whole"]) == {1}
    assert [count.failed for count in store.counts()] == [0]
    forced = case.replaced(variant="grid")
    add(store, environment, forced, [Measurement(forced, "log10_norm_h", -1.0, "log10")])
    assert set(store.frame()["variant"]) == {"-", "grid"}


def test_an_export_from_before_a_column_came_has_its_default(store, environment, case, rows, tmp_path):
    add(store, environment, case, rows)
    path, _ = store.export(tmp_path)
    older = renewed(pd.read_csv(path).drop(columns=["variant", "run", "whole"]))
    assert set(older["variant"]) == {"-"}
    assert set(older["run"]) == {""}
    assert case_from(older.iloc[0].to_dict()) == case
    newer = pd.read_csv(path).assign(variant="grid")
    assert set(renewed(newer)["variant"]) == {"grid"}
