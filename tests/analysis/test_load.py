"""Rows come in whole, of one machine, in one order."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from analysis.load import check, load, load_environments
from bench.case import LATER
from bench.rows import COLUMNS
from tests.support.rows import synthetic


@pytest.fixture(scope="module")
def few() -> pd.DataFrame:
    return synthetic.frame(studies=("parameters", "compile"))


@pytest.mark.parametrize("name", ["measurements.csv", "measurements.csv.gz"])
def test_an_export_is_read_as_it_was_written(few: pd.DataFrame, tmp_path: Path, name: str) -> None:
    few.to_csv(tmp_path / name, index=False)
    (tmp_path / "environment.json").write_text(json.dumps({"synthetic": {"cpu": "none"}}))
    pd.testing.assert_frame_equal(load(tmp_path), check(few), check_dtype=False)
    pd.testing.assert_frame_equal(load(tmp_path / name), check(few), check_dtype=False)
    assert load_environments(tmp_path) == ({"id": "synthetic", "cpu": "none"},)


def test_the_level_none_stays_a_word_and_an_absent_value_stays_absent(few: pd.DataFrame, tmp_path: Path) -> None:
    failed = few.assign(value=None, status="failed", reason="NA")
    failed.to_csv(tmp_path / "measurements.csv", index=False)
    frame = load(tmp_path)
    assert set(frame["merge"]) == {"none", "concat"}
    assert set(frame["reason"]) == {"NA"}
    assert frame["value"].isna().all()


def test_two_machines_are_not_mixed_unless_told(few: pd.DataFrame) -> None:
    both = pd.concat([few, few.assign(environment="other")])
    with pytest.raises(ValueError, match=r"2 environments \(other, synthetic\)"):
        check(both)
    assert len(check(both, mix_machines=True)) == len(both)


def test_missing_and_unknown_columns_are_named(few: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match=r"missing columns \['value'\], unknown columns \['worth'\]"):
        check(few.rename(columns={"value": "worth"}))


def test_a_column_that_came_later_has_its_default_in_older_exports(few: pd.DataFrame, tmp_path: Path) -> None:
    few.drop(columns=list(LATER)).to_csv(tmp_path / "measurements.csv", index=False)
    frame = load(tmp_path)
    assert tuple(frame.columns) == COLUMNS
    for name, value in LATER.items():
        assert set(frame[name]) == {value}


def test_an_unknown_status_is_named_with_the_known(few: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="unknown status 'fine'; known: ok, underflow, failed"):
        check(few.assign(status="fine"))


def test_an_absent_path_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        load(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match=r"measurements\.csv"):
        load(tmp_path)


def test_the_order_of_the_rows_does_not_matter(few: pd.DataFrame) -> None:
    shuffled = few.sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(check(shuffled), check(few))
    assert tuple(check(few).columns) == COLUMNS


def test_the_last_version_of_the_code_counts(few: pd.DataFrame) -> None:
    later = few.assign(code_version="1", measured_at="2026-02-01T00:00:00Z", value=0.0)
    assert (check(pd.concat([later, few]))["value"] == 0.0).all()
    assert len(check(pd.concat([few, later.loc[later["study"] == "compile"]]))) == len(few)


@pytest.mark.parametrize("cut", [-1, 7, 150], ids=lambda cut: f"cut{cut}")
@pytest.mark.parametrize("name", ["measurements.csv", "measurements.csv.gz"])
def test_a_damaged_export_is_named_and_says_what_to_do(tmp_path, name, cut):
    rows = synthetic.frame(synthetic.Truth(seeds=2, blocks=2))
    rows.to_csv(tmp_path / name, index=False)
    whole = (tmp_path / name).read_bytes()
    end_of_a_line = whole.index(b"\n", len(whole) // 2)
    (tmp_path / name).write_bytes(whole[: end_of_a_line + (cut if cut < 0 else cut + 1)])
    (tmp_path / "environment.json").write_text("{}")
    with pytest.raises(ValueError, match=r"measurements\.csv|cut off"):
        load(tmp_path)
