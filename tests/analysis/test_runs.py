"""Where something was measured twice, whole runs count and contenders are compared inside a run."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.figures import REGISTRY
from analysis.load import check
from tests.support.rows import synthetic

OLD_DAY = "2026-01-01T00:00:00Z"
NEW_DAY = "2026-02-01T00:00:00Z"


@pytest.fixture(scope="module")
def grid() -> pd.DataFrame:
    """Own kernels and PyTorch, eight blocks, on a machine that was twice as slow that day; both take 1 s on it."""
    frame = synthetic.frame(synthetic.with_truth(seeds=2, blocks=8), studies=("grid",))
    frame = frame.loc[(frame["metric"] == "elapsed_s") & frame["backend"].isin(["cpu", "torch"])]
    return frame.assign(value=1.0, measured_at=OLD_DAY, run="old", code_version="1", whole=1)


def ratios(frame: pd.DataFrame) -> set[float]:
    """Every ratio of PyTorch to this suite that the figure would draw."""
    figure = REGISTRY["peer-ratio"].build(check(frame))
    data = figure.data.loc[figure.data["peer"] == "torch"] if "peer" in figure.data else figure.data
    return {round(value, 6) for value in data["ratio"]}


def again(grid: pd.DataFrame, blocks: int, backends: tuple[str, ...], *, whole: int) -> pd.DataFrame:
    """The same measured a month later with changed code, when the machine was quiet: half the time."""
    chosen = grid.loc[grid["backend"].isin(backends) & (grid["block"] < blocks)]
    return chosen.assign(value=0.5, measured_at=NEW_DAY, run="new", code_version="2", whole=whole)


def test_own_kernels_measured_again_are_not_compared_with_a_peer_of_another_day(grid: pd.DataFrame) -> None:
    """The page once said 2.00 [2.00, 2.00], and the truth is 1."""
    both = pd.concat([grid, again(grid, 3, ("cpu",), whole=0)])
    assert ratios(both) == {1.0}


def test_a_half_finished_version_does_not_hide_the_whole_one_before_it(grid: pd.DataFrame) -> None:
    half = again(grid, 3, ("cpu", "torch"), whole=0)
    assert set(check(pd.concat([grid, half]))["code_version"]) == {"1"}
    whole = again(grid, 8, ("cpu", "torch"), whole=1)
    assert set(check(pd.concat([grid, whole]))["code_version"]) == {"2"}


def test_where_no_version_is_whole_the_one_with_most_items_counts(grid: pd.DataFrame) -> None:
    half = again(grid, 3, ("cpu", "torch"), whole=0)
    assert set(check(pd.concat([grid.assign(whole=0), half]))["code_version"]) == {"1"}


def test_blocks_of_two_runs_of_one_version_are_never_paired(grid: pd.DataFrame) -> None:
    """A run was interrupted between two contenders; the rival was measured by the next run, on a quiet machine."""
    torn = grid.assign(run=grid["run"].mask((grid["backend"] == "torch") & (grid["block"] >= 4), "new"))
    late = torn["run"] == "new"
    torn = torn.assign(value=torn["value"].mask(late, 0.5), measured_at=torn["measured_at"].mask(late, NEW_DAY))
    assert ratios(torn) == {1.0}


def test_an_item_that_two_runs_measured_counts_once_with_the_last(grid: pd.DataFrame) -> None:
    later = again(grid, 2, ("cpu", "torch"), whole=1).assign(code_version="1")
    frame = check(pd.concat([grid, later]))
    assert len(frame) == len(grid)
    assert (frame.loc[frame["run"] == "new", "value"] == 0.5).all()


def test_choosing_runs_twice_changes_nothing(grid: pd.DataFrame) -> None:
    later = again(grid, 2, ("cpu", "torch"), whole=1).assign(code_version="1")
    once = check(pd.concat([grid, later]))
    pd.testing.assert_frame_equal(check(once), once)


def test_rows_of_one_run_keep_their_blocks(grid: pd.DataFrame) -> None:
    assert set(check(grid)["block"]) == set(range(8))
