"""The store: items are there wholly or not at all, once, and survive what happens to a process."""

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from dataclasses import replace

import pandas as pd
import pytest

from bench.rows import COLUMNS, Measurement
from bench.run.environment import ROOT, Environment
from bench.run.store import Count, Store, StoreError
from tests.bench.conftest import FACTS
from tests.bench.run.stores import add


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
    with pytest.raises(StoreError, match="has schema 99; allowed: 2 to 5"):
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
