import hashlib
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from dataclasses import replace

import pandas as pd
import pytest

from bench.case import CASE_COLUMNS, Case, as_row, case_from, make_case
from bench.former import renewed
from bench.rows import COLUMNS, Measurement
from bench.run.environment import ROOT, Environment
from bench.run.store import Count, Store, StoreError
from tests.bench.conftest import FACTS


def add(store, environment, case, rows, block=0, version="v1"):
    with store.writing() as writer, writer.run(environment) as run:
        run.add(case, block, rows, version)


def test_rows_come_back_as_they_were_stored(store, environment, case, rows):
    add(store, environment, case, rows)
    frame = store.frame()
    assert list(frame.columns) == list(COLUMNS)
    assert frame["value"].tolist() == [row.value for row in rows]
    assert frame["step"].tolist() == [0, 1, 2, 3]
    assert set(frame["hidden_size"]) == {4}
    assert set(frame["environment"]) == {environment.id}


def test_an_item_stored_twice_in_a_run_is_there_once(store, environment, case, rows):
    with store.writing() as writer, writer.run(environment) as run:
        run.add(case, 0, rows, "v1")
        run.add(case, 0, [Measurement(case, "log10_norm_h", 99.0, "log10")], "v1")
    assert store.frame()["value"].max() == 0


def test_an_item_measured_by_two_runs_is_there_twice_and_knows_which(store, environment, case, rows):
    add(store, environment, case, rows)
    add(store, environment, case, rows)
    frame = store.frame()
    assert len(frame) == 2 * len(rows)
    assert frame["run"].nunique() == 2


def test_a_study_is_whole_once_all_that_was_planned_of_it_is_there(store, environment, case, rows):
    other = replace(case, seed=1)
    planned = [("gradients", (case.key, 0, "v1")), ("gradients", (other.key, 0, "v1"))]
    with store.writing() as writer, writer.run(environment, planned) as run:
        run.add(case, 0, rows, "v1")
    assert set(store.frame()["whole"]) == {0}
    assert [count.whole for count in store.counts()] == [False]
    with store.writing() as writer, writer.run(environment, planned) as run:
        run.add(other, 0, [replace(row, case=other) for row in rows], "v1")
    assert set(store.frame()["whole"]) == {1}
    assert [count.whole for count in store.counts()] == [True]


def test_done_tells_items_of_this_machine_and_their_code(store, environment, case, rows):
    add(store, environment, case, rows)
    assert store.done(environment) == {(case.key, 0, "v1")}
    other = Environment(FACTS | {"cpu": "another CPU"})
    assert store.done(other) == set()


def test_load_and_time_do_not_make_another_machine(environment):
    assert Environment(FACTS | {"load_average": 7.0}).id == environment.id
    assert Environment(FACTS | {"versions": {"numpy": "2.1"}}).id != environment.id


def test_a_failed_row_keeps_its_reason_and_can_be_measured_again(store, environment, case, rows):
    add(store, environment, case, [Measurement(case, "failure", None, "", status="failed", reason="no luck")])
    assert store.frame()["reason"].tolist() == ["no luck"]
    assert store.counts() == [Count("gradients", environment.id, "v1", 1, 1, whole=False)]
    with store.writing() as writer:
        writer.forget_failed(environment, [(case.key, 0, "v2")])
        assert store.done(environment) == {(case.key, 0, "v1")}
        writer.forget_failed(environment, [(case.key, 0, "v1")])
    assert store.done(environment) == set()
    add(store, environment, case, rows)
    assert store.counts() == [Count("gradients", environment.id, "v1", 1, 0, whole=False)]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_no_row_holds_nan_or_infinity(case, value):
    with pytest.raises(ValueError, match="allowed: a finite number"):
        Measurement(case, "elapsed_s", value, "s")


def test_a_row_without_value_must_say_why(case):
    with pytest.raises(ValueError, match="does not fit status 'ok'"):
        Measurement(case, "elapsed_s", None, "s")


def test_an_item_is_stored_wholly_or_not_at_all(store, environment, case, rows):
    bad = Measurement(case, "metric", 1.0, "1")
    object.__setattr__(bad, "unit", None)  # breaks a NOT NULL column half way through the item
    with pytest.raises(StoreError, match="NOT NULL"):
        add(store, environment, case, [*rows, bad])
    assert store.done(environment) == set()
    assert store.frame().empty


def test_a_damaged_store_is_named_and_left_alone(store):
    store.path.parent.mkdir()
    store.path.write_bytes(b"this is no database" * 100)
    with pytest.raises(StoreError, match=r"store\.sqlite is damaged or no store"):
        store.frame()
    assert store.path.read_bytes().startswith(b"this is no database")


def test_a_store_of_another_schema_is_refused(store):
    store.path.parent.mkdir()
    with sqlite3.connect(store.path) as connection:
        connection.executescript("CREATE TABLE t (a); PRAGMA user_version = 99;")
    with pytest.raises(StoreError, match="has schema 99; allowed: 2 to 4"):
        store.frame()


def test_a_missing_store_says_how_to_make_one(store):
    with pytest.raises(StoreError, match="pytest --benchmark"):
        store.frame()
    assert not store.path.exists()


def test_a_second_writer_is_refused_and_a_reader_is_not(store, environment, case, rows):
    add(store, environment, case, rows)
    with store.writing():
        with pytest.raises(StoreError, match="another run is writing"), Store(store.path).writing():
            pass
        assert len(Store(store.path).frame()) == len(rows)


def test_a_full_disk_loses_nothing_that_was_stored(store, environment, case, rows):
    add(store, environment, case, rows)
    many = [Measurement(case, "gate_mean_f", 0.5, "1", step=float(t)) for t in range(20_000)]
    with store.writing() as writer, writer.run(environment) as run:
        pages = writer._connection.execute("PRAGMA page_count").fetchone()[0]
        writer._connection.execute(f"PRAGMA max_page_count = {pages + 4}")  # what a full disk looks like to SQLite
        with pytest.raises(sqlite3.OperationalError, match="full"):
            run.add(case, 1, many, "v1")
        run.add(case, 2, rows[:1], "v1")
    assert len(store.frame()) == len(rows) + 1


def test_export_is_tidy_and_the_same_every_time(store, environment, case, rows, tmp_path):
    add(store, environment, case, rows)
    first, facts = store.export(tmp_path / "one", compress=True)
    second, _ = store.export(tmp_path / "two", compress=True)
    assert first.read_bytes() == second.read_bytes()
    plain, _ = store.export(tmp_path / "three")
    pd.testing.assert_frame_equal(pd.read_csv(plain), pd.read_csv(first))
    assert environment.id in facts.read_text()


def test_kill_9_between_and_inside_items_leaves_whole_items(store, environment, case, rows):
    script = f"""
        from dataclasses import replace
        from bench.run.store import Store
        from bench.rows import Measurement
        from bench.case import Case
        from bench.run.environment import Environment
        environment = Environment({FACTS!r})
        case = Case(study="gradients", cell="lstm", direction="profile")
        with Store({str(store.path)!r}).writing() as writer, writer.run(environment) as run:
            for seed in range(100000):
                one = replace(case, seed=seed)
                rows = [Measurement(one, "m", 1.0, "1", step=float(t)) for t in range(50)]
                run.add(one, 0, rows, "v1")
                if seed == 20: print("go", flush=True)
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, cwd=ROOT)
    assert process.stdout.readline() == b"go\n"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    frame = store.frame()
    assert (frame.groupby("seed").size() == 50).all()
    assert frame["seed"].nunique() == len(store.done(environment)) >= 21
    add(store, environment, case, rows)  # and the lock is free


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


def test_the_keys_of_stored_cases_stay_as_they_were(case):
    told = {name: value for name, value in as_row(case).items() if name != "variant"}
    text = "|".join(f"{name}={value}" for name, value in sorted(told.items()))
    assert case.key == hashlib.sha256(text.encode()).hexdigest()[:16]
    assert case.key == "c2beee5dd441610a"
    assert case.replaced(variant="grid").key != case.key
    assert "grid" not in case.label
    assert case.replaced(variant="grid").label != case.label


def test_an_export_from_before_a_column_came_has_its_default(store, environment, case, rows, tmp_path):
    add(store, environment, case, rows)
    path, _ = store.export(tmp_path)
    older = renewed(pd.read_csv(path).drop(columns=["variant", "run", "whole"]))
    assert set(older["variant"]) == {"-"}
    assert set(older["run"]) == {""}
    assert case_from(older.iloc[0].to_dict()) == case
    newer = pd.read_csv(path).assign(variant="grid")
    assert set(renewed(newer)["variant"]) == {"grid"}


def test_conditions_are_checked_sorted_and_without_defaults():
    case = make_case("gain", "rnn", inputs="start", input_scale=0, gate_bias=0.0)
    assert case.conditions == (("input_scale", 0.0), ("inputs", "start"))
    assert (case.word("inputs"), case.number("gate_bias"), case.word("variant")) == ("start", 0.0, "-")
    assert case.replaced(inputs="normal", input_scale=1.0) == Case("gain", "rnn")
    assert tuple(as_row(case)) == CASE_COLUMNS


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"study": "nope"}, "unknown study 'nope'; known: .*gradients"),
        ({"cell": "nope"}, "unknown cell 'nope'; known: .*lstm"),
        ({"dtype": "float7"}, "unknown dtype 'float7'; known: float32, float64"),
        ({"hidden_size": 0}, "case.hidden_size is 0; allowed: 1 or more"),
        ({"seed": -1}, "case.seed is -1; allowed: 0 or more"),
        ({"inputs": "noise"}, "unknown inputs 'noise'; known: normal, zero"),
        ({"gate_bias": "much"}, "gate_bias is 'much'; allowed: a finite number"),
        ({"gate_bias": float("nan")}, "gate_bias is nan; allowed: a finite number"),
        ({"mood": "good"}, "unknown mood; known: .*gate_bias"),
        ({"initialiser": "nope"}, "unknown initialiser 'nope'; known: .*torch"),
    ],
)
def test_a_case_that_is_none_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        make_case(**{"study": "gradients", "cell": "lstm"} | settings)
