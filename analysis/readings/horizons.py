"""Horizons: the steps after which a gradient has fallen below a share of its start."""

from __future__ import annotations

import math

import pandas as pd

from analysis.result import Estimate
from analysis.statistics.intervals import beyond, exact


def median_horizon(found: pd.DataFrame, suffix: str = "") -> Estimate:
    """Take the median over seeds of whole horizons; a bound where the median seed did not lose its gradient.

    Parameters
    ----------
    found
        One row per seed: `horizon`, in steps, and `censored`, which says that the sequence ended before.
    suffix
        Of the names of both columns.

    """
    steps = found[f"horizon{suffix}"]
    middle = float(steps.where(~found[f"censored{suffix}"], math.inf).median())
    if math.isfinite(middle):
        return exact(round(middle), "steps", len(steps))
    return beyond(float(steps.max()), "steps", len(steps))
