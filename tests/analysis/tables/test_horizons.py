"""The table of horizons: its numbers are those that the rows were made with."""

from __future__ import annotations

import math
from itertools import product

import pandas as pd
import pytest

from analysis.result import Cell, Estimate, Number
from analysis.select import INITIALISER_ORDER
from analysis.tables.horizons import COLUMNS, horizon_table
from analysis.theory import closed_forms as theory
from cells.registry import distinct_cells
from tests.support.rows import synthetic

SIZE = 128
"""All sizes of the made-up gradients have as many cases: the largest stands for the middle."""


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return synthetic.frame(synthetic.with_truth(seeds=5, factor_noise=0.002), studies=("gradients", "underflow"))


@pytest.fixture(scope="module")
def rows(frame: pd.DataFrame) -> dict[tuple[str, str], dict[str, Cell]]:
    return named(frame)


def named(frame: pd.DataFrame) -> dict[tuple[str, str], dict[str, Cell]]:
    table = horizon_table(frame)
    assert table.columns == COLUMNS
    return {row[:2]: dict(zip(COLUMNS, row, strict=True)) for row in table.rows}


def factor(cell: str, initialiser: str) -> float:
    return synthetic.FACTORS[cell, initialiser] * (1 - 0.5 / SIZE)


def number(cell: Estimate | Number | float) -> float:
    """The number behind a cell; of a horizon beyond the sequence, its bound."""
    if isinstance(cell, Estimate):
        return cell.value if math.isfinite(cell.value) else cell.low
    return cell.value if isinstance(cell, Number) else cell


def is_bound(cell: object) -> bool:
    """Whether a cell says "more than": no upper end is known."""
    return isinstance(cell, Estimate) and cell.value == cell.high == math.inf


def test_one_row_per_cell_and_initialiser_in_the_houses_order(rows) -> None:  # type: ignore[no-untyped-def]
    assert set(rows) == set(synthetic.FACTORS)
    assert list(rows) == [key for key in product(distinct_cells(), INITIALISER_ORDER) if key in synthetic.FACTORS]
    assert INITIALISER_ORDER[:3] == ("torch", "keras", "orthogonal")


@pytest.mark.parametrize("key", [("rnn", "torch"), ("lstm", "torch"), ("gru", "keras"), ("lstm", "torch-fb1")])
def test_rate_half_life_and_horizons_follow_from_the_factor(rows, key) -> None:  # type: ignore[no-untyped-def]
    row, decades = rows[key], -math.log10(factor(*key))
    assert number(row["slope10"]) == pytest.approx(-decades, abs=2e-3)
    assert row["slope10"].low < row["slope10"].value < row["slope10"].high
    assert number(row["half_life"]) == pytest.approx(math.log10(2) / decades, rel=0.02)
    assert number(row["horizon_thousandth"]) - 0.5 == pytest.approx(3 / decades, rel=0.03, abs=0.6)
    if 7 / decades < 100:
        assert number(row["horizon_ten_millionth"]) - 0.5 == pytest.approx(7 / decades, rel=0.03, abs=0.6)


def test_a_horizon_beyond_the_sequence_says_so(rows) -> None:  # type: ignore[no-untyped-def]
    for cell in (rows["lstm", "torch-fb1"]["horizon_ten_millionth"], rows["gru", "chrono"]["horizon_thousandth"]):
        assert is_bound(cell)
        assert cell.low == 100


@pytest.mark.parametrize("kind", ["float16", "float32", "float64"])
def test_the_steps_until_a_format_loses_it_are_those_of_theory(rows, kind) -> None:  # type: ignore[no-untyped-def]
    steps, _ = theory.underflow_steps(factor("rnn", "torch"), kind)
    assert number(rows["rnn", "torch"][f"lost_{kind}"]) == pytest.approx(steps, rel=0.01, abs=0.6)


def test_under_chrono_they_are_lower_bounds(rows) -> None:  # type: ignore[no-untyped-def]
    assert is_bound(rows["lstm", "chrono"]["lost_float32"])
    assert not is_bound(rows["lstm", "keras"]["lost_float32"])


def test_what_was_seen_stands_where_it_was_measured(rows) -> None:  # type: ignore[no-untyped-def]
    steps, _ = theory.underflow_steps(synthetic.FACTORS["rnn", "torch"], "float32")
    assert rows["rnn", "torch"]["seen_float32"].value == math.ceil(steps)
    assert is_bound(rows["lstm", "torch-fb1"]["seen_float32"])
    assert rows["lstm", "torch-fb1"]["seen_float32"].low == 500
    assert rows["gru", "chrono"]["seen_float32"] is None


def test_a_gradient_that_grows_is_never_lost(frame: pd.DataFrame) -> None:
    grown = frame.loc[(frame["cell"] == "rnn") & (frame["study"] == "gradients")]
    row = named(grown.assign(value=grown["step"] * 0.01))["rnn", "torch"]
    assert number(row["half_life"]) == row["lost_float16"] == row["lost_float64"] == math.inf
    assert is_bound(row["horizon_thousandth"])


def test_without_gradients_there_is_no_table(frame: pd.DataFrame) -> None:
    assert horizon_table(frame.loc[frame["study"] == "underflow"]) is None
    facts = horizon_table(frame.loc[frame["study"] == "gradients"]).facts
    assert facts["hidden_size"] == SIZE
    assert "seen_hidden_size" not in facts
