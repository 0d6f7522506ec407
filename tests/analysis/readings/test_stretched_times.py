"""Times of the same work in longer sequences: each block over its own shortest."""

from __future__ import annotations

import pandas as pd

from analysis.readings.stretched_times import CONTROL, stretch
from analysis.select import measured


def test_the_shortest_length_is_one_in_every_block(rows: pd.DataFrame) -> None:
    found = stretch(rows)
    shortest = found.loc[found["seq_len"] == found["shortest"]]
    assert len(shortest)
    assert (shortest["value"] == 1).all()
    assert CONTROL in set(found["name"])


def test_a_slow_block_is_compared_with_itself(rows: pd.DataFrame) -> None:
    times = measured(rows, "parallel", "elapsed_s")
    slow = rows["block"] == times["block"].max()
    slowed = rows.assign(value=rows["value"].where(~slow, rows["value"] * 4))
    pd.testing.assert_frame_equal(stretch(slowed), stretch(rows))


def test_without_rows_nothing_is_stretched(rows: pd.DataFrame) -> None:
    assert stretch(rows.iloc[:0]).empty
