"""Entries of tables: a number, or nothing."""

from __future__ import annotations

import math

import pytest

from analysis.result import Number
from analysis.tables.entries import number


@pytest.mark.parametrize("value", [None, math.nan])
def test_what_is_not_known_is_nothing(value: float | None) -> None:
    assert number(value) is None


def test_a_number_keeps_its_unit_and_digits() -> None:
    assert number(0.25, "s", digits=2) == Number(0.25, "s", digits=2)
    assert number(0.0) == Number(0.0, digits=3)
