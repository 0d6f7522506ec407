"""Tests of one centre against an edge, and the correction for many of them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.statistics.intervals import FEWEST

LEVEL = 0.025
"""Chance, on one side, with which a point that lies on the edge is called decided: 5 % on both."""


def p_above(values: ArrayLike, edge: float) -> float:
    """Return the p-value of "the centre lies at or below `edge`" against "above it".

    Student's t where all values are finite; where some lie beyond every number, the sign test, which asks only on which
    side a value lies. 1 where there are too few values to decide anything, 0 or 1 where they do not differ.

    Parameters
    ----------
    values : (n,) array
        One number per independent unit.
    edge
        Of what is claimed; minus infinity has everything above it, infinity nothing.

    """
    values = np.asarray(values, dtype=float)
    if math.isinf(edge):
        return 0.0 if edge < 0 else 1.0
    if values.size < FEWEST:
        return 1.0
    if not np.isfinite(values).all():
        apart = values[values != edge]
        return float(special.bdtrc(np.sum(apart > edge) - 1, apart.size, 0.5)) if apart.size else 1.0
    if np.ptp(values) <= 1e-12 * np.abs(values).max():
        return float(values.mean() <= edge)
    t = (values.mean() - edge) / (values.std(ddof=1) / math.sqrt(values.size))
    return float(special.stdtr(values.size - 1, -t))


def p_below(values: ArrayLike, edge: float) -> float:
    """Return the p-value of "the centre lies at or above `edge`" against "below it"."""
    return p_above(-np.asarray(values, dtype=float), -edge)


def holm(p_values: ArrayLike, level: float = LEVEL) -> NDArray[np.bool_]:
    """Say which of many hypotheses are rejected, with a chance of `level` that any of them is true.

    References
    ----------
    .. [1] S. Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Statist. 6 (1979) 65-70.

    """
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p, kind="stable")
    passed = p[order] <= level / (p.size - np.arange(p.size))
    rejected = np.zeros(p.size, dtype=bool)
    rejected[order] = np.logical_and.accumulate(passed)
    return rejected


def decision(inside: float, outside: float) -> tuple[str, float]:
    """Return the side that is likelier, "supported" or "refuted", and its p-value."""
    return ("supported", inside) if inside <= outside else ("refuted", outside)
