"""Kept results: the same as made anew, never those of other rows, never half of one, never from a shared folder."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

from analysis import analyse
from analysis.by_study import ByStudy, hash_of
from analysis.kept import FOLDER, Kept, kept_here
from analysis.load import check
from analysis.parts import Part, made
from analysis.select import measured, reading
from cells.registry import cell_meanings
from tests.support.rows import synthetic

MACHINE = ({"cpu": "Example CPU", "cells": cell_meanings()},)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return check(
        synthetic.frame(synthetic.with_truth(seeds=3, blocks=3), studies=("parameters", "activations", "ends"))
    )


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path / "kept")


def note(again: list[Part], found: list[Part]) -> list[None]:
    again.extend(found)
    return [None for _ in found]


def told(analysis: object) -> str:
    return repr([vars(part) for part in (*analysis.findings, *analysis.figures, *analysis.tables)]) + repr(  # type: ignore[attr-defined]
        analysis.facts  # type: ignore[attr-defined]
    )


def test_what_is_kept_is_what_is_made_and_is_not_made_twice(frame, kept, monkeypatch):
    anew = told(analyse(ByStudy(frame), MACHINE))
    assert told(analyse(ByStudy(frame), MACHINE, kept=kept)) == anew
    monkeypatch.setattr("analysis.parts.make", lambda part, rows: pytest.fail(f"{part} was made again"))
    assert told(analyse(ByStudy(frame), MACHINE, kept=kept)) == anew


def test_only_what_reads_a_changed_study_is_made_again(frame, kept, monkeypatch):
    parts = [Part("table", name, (name,)) for name in ("activations", "parameters")]
    made(parts, ByStudy(frame), kept)
    changed = frame.copy()
    changed.loc[changed["study"] == "activations", "value"] *= 1.01
    again = []
    monkeypatch.setattr("analysis.parts.parallel_map", lambda _, found, track: note(again, found))
    made(parts, ByStudy(changed), kept)
    assert [part.id for part in again] == ["activations"]


@pytest.mark.parametrize("column", ["value", "seed", "status", "measured_at", "code_version"])
def test_every_cell_of_the_rows_counts(frame, column):
    changed = frame.copy()
    changed[column] = [*changed[column].iloc[1:], changed[column].iloc[0] if column != "status" else "failed"]
    changed.loc[0, column] = {"value": 7.5, "seed": 77}.get(column, "other")
    assert hash_of(changed) != hash_of(frame)
    assert hash_of(frame.copy()) == hash_of(frame)


def test_a_part_gets_no_rows_but_of_the_studies_that_it_declares(frame):
    with (
        pytest.raises(ValueError, match="rows of 'parameters' were asked for; declared: activations"),
        reading(("activations",)),
    ):
        measured(frame, "parameters")
    assert set(ByStudy(frame).of(("activations",))["study"]) == {"activations"}


def test_a_damaged_result_is_thrown_away_and_made_again(kept):
    key = kept.key("a", 1)
    kept.put(key, {"n": 1})
    assert kept.get(key) == {"n": 1}
    path = kept.folder / key
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert not kept.has(key)
    assert not path.exists()
    with pytest.raises(KeyError):
        kept.get(key)


@pytest.mark.skipif(os.name == "nt", reason="folders of a user are closed to others there")
def test_a_folder_in_which_others_may_write_is_refused(tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    with pytest.raises(PermissionError, match="others may write in it"):
        Kept(shared)


def test_the_folder_stays_within_its_limit(tmp_path):
    kept = Kept(tmp_path / "kept", limit=2500)
    for number in range(4):
        kept.put(str(number), bytes(1000))
        os.utime(kept.folder / str(number), (number, number))
    kept.tidy()
    assert sorted(path.name for path in kept.folder.iterdir()) == ["2", "3"]


def test_keeping_can_be_switched_off_and_put_elsewhere(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER, "off")
    assert kept_here() is None
    monkeypatch.setenv(FOLDER, str(tmp_path / "there"))
    found = kept_here()
    assert found is not None
    assert found.folder == tmp_path / "there"
    assert found.folder.stat().st_mode & 0o077 == 0


def test_caches_that_cannot_be_used_are_told_of_and_nothing_is_kept(tmp_path, monkeypatch):
    monkeypatch.delenv(FOLDER, raising=False)
    blocked = tmp_path / "a-file"
    blocked.write_text("where a folder should be")
    monkeypatch.setattr("analysis.kept.user_caches", lambda: blocked)
    with pytest.warns(RuntimeWarning, match=f"nothing is kept for the next page: .*a-file.*{FOLDER}"):
        assert kept_here() is None
    monkeypatch.setenv(FOLDER, str(blocked / "named"))
    with pytest.raises(OSError, match="a-file"):
        kept_here()


def test_a_full_disk_is_told_of_and_the_result_is_made_all_the_same(kept, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("analysis.kept.tempfile.mkstemp", full)
    with pytest.warns(RuntimeWarning, match="keeps nothing more: .*No space left"):
        kept.put("a" * 64, 1)
    assert not kept.has("a" * 64)


def test_a_folder_that_can_only_be_read_gives_what_it_has(kept, monkeypatch):
    kept.put("a" * 64, 1)
    kept.put("b" * 64, 2)
    (kept.folder / ("b" * 64)).write_bytes(b"damaged")

    def refused(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("analysis.kept.os.utime", refused)
    monkeypatch.setattr("analysis.kept.Path.unlink", refused)
    assert kept.get("a" * 64) == 1
    assert not kept.has("b" * 64)
    kept.limit = 0
    kept.tidy()
    assert kept.get("a" * 64) == 1
