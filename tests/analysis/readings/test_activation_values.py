"""Values of the activations: by x, in one precision, and where they become exactly one."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from analysis.readings.activation_values import EXACT, LECTURE_X, activation_values, saturation


@pytest.mark.parametrize("metric", EXACT)
def test_values_are_those_of_the_formula_at_the_arguments_of_the_lecture(metric: str, rows: pd.DataFrame) -> None:
    values = activation_values(rows, metric)
    assert values.index.is_monotonic_increasing
    for x in LECTURE_X:
        assert values[x] == pytest.approx(EXACT[metric](x), abs=1e-12)


def test_saturation_begins_where_every_later_value_is_one() -> None:
    values = pd.Series([0.5, 1.0, 0.9, 1.0, 1.0], index=[0.0, 1.0, 2.0, 3.0, 4.0])
    assert saturation(values) == 3.0


def test_a_curve_that_never_reaches_one_has_no_saturation() -> None:
    assert math.isnan(saturation(pd.Series([0.1, 0.9], index=[0.0, 1.0])))
