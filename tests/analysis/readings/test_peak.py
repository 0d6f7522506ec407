"""The measured peak: with as many threads, in the same precision, or none."""

from __future__ import annotations

import math

import pandas as pd

from analysis.readings.peak import peak_rate
from analysis.select import measured


def test_the_peak_is_the_largest_rate_of_its_threads_and_precision(rows: pd.DataFrame) -> None:
    rates = measured(rows, "peak", "multiply_add_rate")
    for (threads, dtype), part in rates.groupby(["threads", "dtype"]):
        assert peak_rate(rows, threads, dtype) == part["value"].max()
    assert rates["threads"].nunique() > 1


def test_a_peak_that_was_not_measured_is_no_number(rows: pd.DataFrame) -> None:
    assert math.isnan(peak_rate(rows, 999, "float32"))
    assert math.isnan(peak_rate(rows.iloc[:0], 1, "float32"))
