"""Entries of tables: what stands in a cell of one, and what stands there for nothing."""

from __future__ import annotations

import math

from analysis.result import Number


def number(value: float | None, unit: str = "1", *, digits: int = 3) -> Number | None:
    """Return a number for a table; None, for which a dash stands, where there is none or it is not known."""
    return None if value is None or math.isnan(value) else Number(float(value), unit, digits=digits)
