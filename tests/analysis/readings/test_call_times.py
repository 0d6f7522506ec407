"""Times of a call: the rows of one study, their median and quartiles."""

from __future__ import annotations

import pandas as pd

from analysis.readings.call_times import PLACE, elapsed, timed


def test_times_are_those_of_the_study_of_runtimes(rows: pd.DataFrame) -> None:
    times = elapsed(rows)
    assert set(times["study"]) == {"runtime"}
    assert set(times["metric"]) == {"elapsed_s"}
    assert {"name", *PLACE} <= set(times.columns)


def test_a_group_has_its_median_between_its_quartiles() -> None:
    times = pd.DataFrame({"name": ["a"] * 5 + ["b"], "size": 8, "value": [1.0, 5.0, 3.0, 2.0, 4.0, 7.0]})
    found = timed(times, ["name", "size"])
    assert found.to_dict("list") == {
        "name": ["a", "b"], "size": [8, 8], "median_s": [3.0, 7.0], "low_s": [2.0, 7.0], "high_s": [4.0, 7.0],
        "samples": [5, 1],
    }  # fmt: skip
