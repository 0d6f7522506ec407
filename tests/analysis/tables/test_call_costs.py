"""The table of a layer's calls has the ratios, the growth and the seconds that its rows were made with."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.result import Cell, Estimate
from analysis.tables.call_costs import LEADING, call_cost_table
from reports.numbers import shown
from tests.support.rows import synthetic, synthetic_calls

CELLS = synthetic_calls.CELLS


@pytest.fixture(scope="module")
def calls() -> pd.DataFrame:
    return synthetic.frame(synthetic.with_truth(blocks=4), studies=("call-costs",))


def lines(frame: pd.DataFrame) -> dict[str, dict[str, Cell]]:
    """Return each line of the table by its name."""
    table = call_cost_table(frame)
    assert table is not None
    assert set(table.columns) == {*LEADING, *CELLS}
    return {str(row[0]): dict(zip(table.columns, row, strict=True)) for row in table.rows}


def estimates(line: dict[str, Cell]) -> list[Estimate]:
    found = [line[cell] for cell in CELLS]
    assert all(isinstance(estimate, Estimate) for estimate in found)
    return [estimate for estimate in found if isinstance(estimate, Estimate)]


@pytest.mark.parametrize("name", synthetic_calls.RATIOS)
def test_a_ratio_is_taken_inside_a_block_whatever_slowed_that_down(calls: pd.DataFrame, name: str) -> None:
    for estimate in estimates(lines(calls)[name]):
        for value in (estimate.value, estimate.low, estimate.high):
            assert value == pytest.approx(synthetic_calls.RATIOS[name])
        assert estimate.n == 4


@pytest.mark.parametrize("direction", synthetic_calls.GROWTH)
def test_growth_is_the_exponent_over_all_lengths_on_one_thread(calls: pd.DataFrame, direction: str) -> None:
    line = lines(calls)[f"growth-{direction}"]
    assert shown(line["seq_len"]) == "64 … 1,024"
    assert line["hidden_size"] == 64
    for estimate in estimates(line):
        assert estimate.value == pytest.approx(synthetic_calls.GROWTH[direction])


def test_a_spectrum_has_seconds(calls: pd.DataFrame) -> None:
    for estimate in estimates(lines(calls)["spectrum"]):
        assert estimate.unit == "s"
        assert estimate.value == pytest.approx(synthetic_calls.SPECTRUM_S, rel=0.2)


def test_on_a_machine_of_one_thread_none_is_compared_with_all(calls: pd.DataFrame) -> None:
    alone = calls.loc[calls["threads"] == 1]
    assert set(lines(alone)) == {"growth-inference", "growth-training"}


def test_sides_of_different_runs_are_no_ratio(calls: pd.DataFrame) -> None:
    kept = calls["direction"] == "forward"
    apart = calls.assign(block=calls["block"].where(~kept, calls["block"] + 100))
    assert set(lines(calls)) - set(lines(apart)) == {"states-kept"}


def test_two_lengths_are_no_growth(calls: pd.DataFrame) -> None:
    few = calls.loc[calls["seq_len"] != 1024]
    assert not [name for name in lines(few) if name.startswith("growth")]


def test_without_rows_there_is_no_table(calls: pd.DataFrame) -> None:
    assert call_cost_table(calls.iloc[:0]) is None
    assert call_cost_table(calls.loc[calls["direction"] == "forward"]) is None
