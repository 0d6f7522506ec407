"""What failed as a whole is absent from figures and tables, and stops none of them."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from analysis import tables
from analysis.claims import CLAIMS, judge
from analysis.figures import REGISTRY
from analysis.load import check
from tests.support.rows import synthetic

STUDIES = ("linear", "matrices", "radius", "critical-gain", "spectrum", "steps", "peak", "grid", "gates", "underflow")
"""Those whose rows end in tables, but for the large ones."""


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return check(synthetic.frame(synthetic.Truth(seeds=3, blocks=3)))


def without(rows: pd.DataFrame, gone: pd.Series) -> pd.DataFrame:
    """Rows some of which have failed."""
    return rows.assign(value=rows["value"].mask(gone), status=rows["status"].mask(gone, "failed"))


def assert_each_metric_may_fail(
    rows: pd.DataFrame, build: Callable[[pd.DataFrame], object], studies: tuple[str, ...]
) -> None:
    for study, metric in rows.loc[rows["study"].isin(studies), ["study", "metric"]].drop_duplicates().to_numpy():
        build(without(rows, (rows["study"] == study) & (rows["metric"] == metric)))


def test_parts_of_a_step_whose_whole_failed_have_no_share(rows: pd.DataFrame) -> None:
    gone = (rows["study"] == "steps") & (rows["cell"] == "lstm") & (rows["metric"] == "whole_s")
    figure = REGISTRY["step-parts"].build(without(rows, gone))
    assert figure is not None
    assert "lstm_whole" not in figure.facts
    assert "rnn_whole" in figure.facts


@pytest.mark.slow
@pytest.mark.parametrize("name", REGISTRY)
def test_a_figure_of_which_one_metric_failed_is_built_or_absent(rows: pd.DataFrame, name: str) -> None:
    assert_each_metric_may_fail(rows, REGISTRY[name].build, REGISTRY[name].STUDIES)


@pytest.mark.slow
@pytest.mark.parametrize("study", sorted({claim.study for claim in CLAIMS}))
def test_claims_are_judged_where_one_metric_failed(rows: pd.DataFrame, study: str) -> None:
    def build(frame: pd.DataFrame) -> object:
        return [judge(claim, frame) for claim in CLAIMS if claim.study == study]

    assert_each_metric_may_fail(rows, build, (study,))


@pytest.mark.slow
@pytest.mark.parametrize("study", STUDIES)
def test_tables_of_which_one_metric_failed_are_built_or_absent(rows: pd.DataFrame, study: str) -> None:
    assert_each_metric_may_fail(rows.loc[rows["study"] == study], tables.build_tables, (study,))
