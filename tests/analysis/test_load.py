"""Rows come in whole, of one machine, in one order."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from analysis.load import check, load, load_environments
from bench.conditions import CONDITIONS
from bench.rows import COLUMNS
from cells.registry import cell_meanings
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
    few.drop(columns=["variant", "run", "whole"]).to_csv(tmp_path / "measurements.csv", index=False)
    frame = load(tmp_path)
    assert tuple(frame.columns) == COLUMNS
    assert set(frame["variant"]) == {CONDITIONS["variant"].default}
    assert set(frame["whole"]) == {1}


def test_an_unknown_status_is_named_with_the_known(few: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match=r"status is 'fine', .*; allowed: ok, zero, censored, diverged, failed"):
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


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"study": "nope"}, "row 0: study is 'nope'; allowed: activations, "),
        ({"cell": "nope"}, "row 0: cell is 'nope'; allowed: gru, "),
        ({"hidden_size": 0}, "row 0: hidden_size is 0; allowed: whole numbers, 1 or more"),
        ({"dtype": "float7"}, "row 0: dtype is 'float7'; allowed: float32, "),
    ],
)
def test_a_case_that_is_none_is_refused(few: pd.DataFrame, changed: dict[str, object], message: str) -> None:
    first = few.index == 0
    name, value = next(iter(changed.items()))
    with pytest.raises(ValueError, match=message):
        check(few.assign(**{name: few[name].mask(first, value)}))


def test_a_cell_that_the_environment_describes_is_known(few: pd.DataFrame, tmp_path: Path) -> None:
    few.assign(cell=few["cell"].replace("rnn", "new-cell")).to_csv(tmp_path / "measurements.csv", index=False)
    (tmp_path / "environment.json").write_text(
        json.dumps({"synthetic": {"cells": {"new-cell": cell_meanings()["rnn"]}}})
    )
    assert "new-cell" in set(load(tmp_path)["cell"])


def test_rows_that_stand_there_twice_are_refused(few: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match=r"row 440: the same row as row 0 \(parameters, .*1 rows stand there twice"):
        check(pd.concat([few, few.iloc[:1]]))


@pytest.mark.parametrize("cut", [-1, 7, 150], ids=lambda cut: f"cut{cut}")
@pytest.mark.parametrize("name", ["measurements.csv", "measurements.csv.gz"])
def test_a_damaged_export_is_named_and_says_what_to_do(tmp_path, name, cut):
    rows = synthetic.frame(synthetic.Truth(seeds=2, blocks=2), studies=("gates", "parameters"))
    rows.to_csv(tmp_path / name, index=False)
    whole = (tmp_path / name).read_bytes()
    end_of_a_line = whole.index(b"\n", len(whole) // 2)
    (tmp_path / name).write_bytes(whole[: end_of_a_line + (cut if cut < 0 else cut + 1)])
    (tmp_path / "environment.json").write_text("{}")
    with pytest.raises(ValueError, match=r"measurements\.csv|cut off"):
        load(tmp_path)
