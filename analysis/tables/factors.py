"""Table "factors": the factor of a gradient per step, derived, simulated apart and measured."""

from __future__ import annotations

import math

import pandas as pd

from analysis.cells import cell_order
from analysis.readings.gradient_curves import state_curves
from analysis.result import Cell, Estimate, Number, Table
from analysis.select import INITIALISER_ORDER, ordered
from analysis.statistics.fits import factor, slopes
from analysis.statistics.intervals import bca, generator
from analysis.tables.anchors import SIMULATED
from analysis.theory.closed_forms import factor_per_step


def factor_table(frame: pd.DataFrame) -> Table | None:
    """Tabulate the factor per step: derived at zero input, simulated apart, and measured here (mean over seeds)."""
    found = slopes(state_curves(frame))
    rng = generator("factors")
    rows: list[tuple[Cell, ...]] = []
    parts = dict(list(found.groupby(["name", "initialiser", "hidden_size"])))
    keys = [
        (name, initialiser, int(size))
        for name in ordered({key[0] for key in parts}, cell_order())
        for initialiser in ordered({key[1] for key in parts}, INITIALISER_ORDER)
        for size in sorted({key[2] for key in parts})
        if (name, initialiser, size) in parts
    ]
    for name, initialiser, size in keys:
        slope = bca(parts[name, initialiser, size]["slope10"].to_numpy(), rng, centre="mean")
        low, high = (factor(end) if math.isfinite(end) else end for end in (slope.low, slope.high))
        measured = Estimate(factor(slope.value), low, high, "1", slope.n)
        derived = factor_per_step(name, initialiser)
        reference = SIMULATED.get((name, initialiser, size))
        if derived is None and reference is None:
            continue
        numbers = (None if number is None else Number(number, digits=3) for number in (derived, reference))
        rows.append((name, initialiser, size, *numbers, measured))
    if not rows:
        return None
    columns = ("cell", "initialiser", "hidden_size", "derived", "reference", "measured")
    return Table("factors", columns, tuple(rows), {"rows": len(rows)})
