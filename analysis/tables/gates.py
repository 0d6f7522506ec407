"""Table "gates": how open, how saturated, and how long they let the state live, before any training."""

from __future__ import annotations

import pandas as pd

from analysis.cells import cell_order
from analysis.result import Fact, Table
from analysis.select import INITIALISER_ORDER, measured, ordered_keys
from analysis.statistics.intervals import generator, mean_over_seeds

METRICS = ("gate_mean", "gate_saturated", "time_constant")


def gate_table(frame: pd.DataFrame) -> Table | None:
    """One row per cell, initialiser and gate: means over seeds of what was averaged over the sequence.

    The time constant 1/(1 - f) belongs to the gate that keeps the state, f or z, and to no other.
    """
    rows = measured(frame, "gates")
    split = rows["metric"].str.extract(rf"^({'|'.join(METRICS)})_(\w+)$")
    rows = rows.assign(kind=split[0], gate=split[1]).dropna(subset=["kind"])
    by_seed = rows.groupby(["name", "initialiser", "gate", "kind", "seed"])["value"].mean()
    if by_seed.empty:
        return None
    rng = generator("gates")
    out = []
    parts = {key: values.to_numpy() for key, values in by_seed.groupby(level=[0, 1, 2, 3])}
    keys = {key[:3] for key in parts if key[3] == "gate_saturated"}
    for key in ordered_keys(keys, cell_order(), INITIALISER_ORDER, ()):
        cells = (mean_over_seeds(parts[*key, kind], rng) if (*key, kind) in parts else None for kind in METRICS)
        out.append((*key, *cells))
    facts: dict[str, Fact] = {"seeds": rows["seed"].nunique(), "hidden_size": float(rows["hidden_size"].max())}
    return Table("gates", ("cell", "initialiser", "gate", *METRICS), tuple(out), facts)
