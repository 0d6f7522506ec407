"""The whole: every claim, figure and table from one frame, the same in any order of its rows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis import analyse
from analysis.figures import REGISTRY
from analysis.result import Analysis, Estimate, Number
from tests.support.rows import synthetic

LEVELS = {
    "activation", "anchor", "setting", "cell", "initialiser", "gate", "direction", "backend", "dtype", "regime",
    "architecture", "sharing", "cost", "task", "start",
}  # fmt: skip
"""Columns of names."""

SMALL = synthetic.with_truth(seeds=4, blocks=4)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rows = synthetic.frame(SMALL)
    flow = (rows["study"] == "gradients") & (rows["hidden_size"] == 128)
    time = (rows["study"] == "runtime") & (rows["seq_len"] <= 100) & (rows["hidden_size"].between(32, 128))
    return rows.loc[flow | time | ~rows["study"].isin(["gradients", "runtime"])]


@pytest.fixture(scope="module")
def whole(frame: pd.DataFrame) -> Analysis:
    return analyse(frame, [{"environment": "synthetic"}])


def test_a_full_run_gives_everything(whole: Analysis) -> None:
    assert len(whole.findings) == 40
    assert [figure.id for figure in whole.figures] == list(REGISTRY)
    ids = ["anchors", "horizons", "factors", "gates", "runtime", "grid", "scaling", "call-costs"]
    ids += ["activations", "parameters", "cuda", "cuda-published", "cuda-sharings", "kernels", "trained", "more-tasks"]
    assert [table.id for table in whole.tables] == ids
    assert whole.missing == {}
    assert whole.facts["claims"] == 40


def test_the_tables_are_rectangles(whole: Analysis) -> None:
    for table in whole.tables:
        assert table.rows
        assert all(len(row) == len(table.columns) for row in table.rows), table.id


def is_number(value: object) -> bool:
    if isinstance(value, tuple):
        return all(map(is_number, value))
    return isinstance(value, (int, float, np.number, Number, Estimate))


def test_facts_and_cells_leave_as_numbers(whole: Analysis) -> None:
    """A word is the name of a level; a rounded number never is."""
    owners = [*whole.findings, *whole.figures, *whole.tables, whole]
    facts = [(name, fact) for owner in owners for name, fact in owner.facts.items()]
    assert {fact for _, fact in facts if not is_number(fact)} <= {"float32", "float64", "X", "Y"}
    for table in whole.tables:
        for column, *cells in zip(table.columns, *table.rows, strict=True):
            words = {cell for cell in cells if isinstance(cell, str)}
            assert column in LEVELS or not words, f"{table.id}.{column}: {words}"


def test_every_fact_has_the_number_behind_it(whole: Analysis) -> None:
    finding = next(finding for finding in whole.findings if finding.claim_id == "gru-faster-to-train")
    assert finding.facts["estimate"] == finding.estimate
    assert finding.facts["torch_training"].value == pytest.approx(2.5, rel=0.05)


def test_the_order_of_the_rows_changes_nothing(frame: pd.DataFrame) -> None:
    some = frame.loc[frame["study"].isin(["runtime", "gradients", "forget-bias", "parameters"])]
    one, again = (analyse(rows) for rows in (some, some.sample(frac=1, random_state=5)))
    assert again.findings == one.findings
    assert again.tables == one.tables
    assert [figure.rows_sha for figure in again.figures] == [figure.rows_sha for figure in one.figures]


def test_no_rows_give_no_numbers(frame: pd.DataFrame) -> None:
    empty = analyse(frame.iloc[:0])
    assert set(empty.missing) == set(REGISTRY)
    assert {finding.verdict for finding in empty.findings} == {"not measured", "not testable", "half right", "fact"}
    assert empty.figures == empty.tables == ()


@pytest.mark.parametrize("study", ["gates", "parameters"])
def test_each_study_stands_alone(frame: pd.DataFrame, study: str) -> None:
    alone = analyse(frame.loc[frame["study"] == study])
    assert all(set(figure.studies) == {study} for figure in alone.figures)
    assert {name for name in alone.missing} == {n for n, m in REGISTRY.items() if study not in m.STUDIES}


def test_failed_rows_are_counted_and_not_used(frame: pd.DataFrame) -> None:
    frame = frame.loc[frame["study"].isin(["runtime", "parameters"])]
    runtime = frame["study"] == "runtime"
    failed = frame.assign(
        value=frame["value"].where(~runtime),
        status=frame["status"].where(~runtime, "failed"),
    )
    found = analyse(failed)
    assert found.facts["failed"] > 0
    assert "time-ratio" in found.missing


def test_importing_the_package_loads_neither_pandas_nor_matplotlib() -> None:
    code = (
        "import sys, analysis, analysis.result; print(any(n in sys.modules for n in ('pandas', 'matplotlib', 'numba')))"
    )
    root = Path(__file__).parents[2]
    found = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"
