"""Table "factors": the factor of a gradient per step, derived, simulated apart and measured."""

from __future__ import annotations

import pandas as pd

from analysis.cells import cell_order
from analysis.readings.gradient_curves import state_curves
from analysis.result import Cell, Table
from analysis.select import INITIALISER_ORDER, ordered_keys
from analysis.statistics.fits import factor_of, slopes
from analysis.statistics.intervals import centred, generator
from analysis.tables.entries import number
from analysis.theory.closed_forms import factor_per_step
from analysis.theory.published import SIMULATED_FACTORS


def factor_table(frame: pd.DataFrame) -> Table | None:
    """Tabulate the factor per step: derived at zero input, simulated apart, and measured here (mean over seeds)."""
    found = slopes(state_curves(frame))
    rng = generator("factors")
    rows: list[tuple[Cell, ...]] = []
    parts = dict(list(found.groupby(["name", "initialiser", "hidden_size"])))
    for name, initialiser, size in ordered_keys(parts, cell_order(), INITIALISER_ORDER, ()):
        measured = factor_of(centred(parts[name, initialiser, size]["slope10"].to_numpy(), rng, centre="mean"))
        derived = factor_per_step(name, initialiser)
        reference = SIMULATED_FACTORS.get((name, initialiser, size))
        if derived is None and reference is None:
            continue
        rows.append((name, initialiser, int(size), number(derived), number(reference), measured))
    if not rows:
        return None
    columns = ("cell", "initialiser", "hidden_size", "derived", "reference", "measured")
    return Table("factors", columns, tuple(rows), {"rows": len(rows)})
