"""Table "gates": how open, how saturated, and how long they let the state live, before any training."""

from __future__ import annotations

import pandas as pd

from analysis.cells import cell_order
from analysis.result import Cell, Fact, Table
from analysis.select import INITIALISER_ORDER, measured, ordered
from analysis.statistics.intervals import FEWEST, bca, exact, generator

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
    rng, out = generator("gates"), []
    parts = {key: values.to_numpy() for key, values in by_seed.groupby(level=[0, 1, 2, 3])}
    keys = {key[:3] for key in parts if key[3] == "gate_saturated"}
    for name in ordered({key[0] for key in keys}, cell_order()):
        for initialiser in ordered({key[1] for key in keys if key[0] == name}, INITIALISER_ORDER):
            for gate in sorted(key[2] for key in keys if key[:2] == (name, initialiser)):
                cells: list[Cell] = []
                for kind in METRICS:
                    values = parts.get((name, initialiser, gate, kind))
                    if values is None:
                        cells.append(None)
                        continue
                    few = len(values) < FEWEST
                    estimate = exact(float(values.mean()), "1") if few else bca(values, rng, centre="mean")
                    cells.append(estimate)
                out.append((name, initialiser, gate, *cells))
    facts: dict[str, Fact] = {"seeds": rows["seed"].nunique(), "hidden_size": float(rows["hidden_size"].max())}
    return Table("gates", ("cell", "initialiser", "gate", *METRICS), tuple(out), facts)
