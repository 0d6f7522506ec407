"""Table "kernels": what each CUDA kernel takes of a multiprocessor, read from its machine code; no GPU is needed."""

from __future__ import annotations

import pandas as pd

from analysis.cells import cell_order
from analysis.result import Fact, Number, Table
from analysis.select import arranged, measured

STUDY = "kernels"
SHARINGS = ("block", "cluster", "grid", "launch")
ORDERS: dict[str, tuple[str, ...]] = {
    "backend": ("sm_80", "sm_90a"),
    "direction": ("forward", "backward"),
    "dtype": ("float32", "float64", "bfloat16"),
    "variant": SHARINGS,
}
KEY = ["backend", "name", "direction", "dtype", "batch_size", "hidden_size", "variant"]
METRICS = (
    "registers", "threads", "shared_bytes", "blocks_per_multiprocessor", "spill_bytes", "stack_bytes", "chosen",
)  # fmt: skip
COLUMNS = (
    "architecture", "cell", "direction", "dtype", "hidden_size", "sharing", "chosen", "registers", "block_threads",
    "shared_kib", "resident_blocks", "occupancy",
)  # fmt: skip
ROOM = 2048
"""Threads that a multiprocessor has room for: compute capability 8.0 and 9.0."""
KIB = 1024


def kernel_table(frame: pd.DataFrame) -> Table | None:
    """One row per architecture, cell, way, precision, hidden size and sharing.

    Occupancy is the share of a multiprocessor's threads that its resident blocks have, in percent.
    """
    found = resources(frame)
    if found.empty:
        return None
    rows = []
    for row in found.to_dict("records"):
        occupancy = row["threads"] * row["blocks_per_multiprocessor"] / ROOM * 100
        rows.append(
            (
                *(row[name] for name in ("backend", "name", "direction", "dtype")),
                row["hidden_size"],
                row["variant"],
                bool(row["chosen"] == 1),
                *(row[name] for name in ("registers", "threads")),
                Number(row["shared_bytes"] / KIB, digits=3),
                row["blocks_per_multiprocessor"],
                Number(occupancy, digits=3),
            )
        )
    clean = (found["spill_bytes"] == 0) & (found["stack_bytes"] == 0)
    facts: dict[str, Fact] = {
        "kernels": len(found),
        "clean": int(clean.sum()),
        "most_registers": float(found["registers"].max()),
        "room": ROOM,
        "batch_size": tuple(sorted(set(found["batch_size"]))),
    }
    return Table("kernels", COLUMNS, tuple(rows), facts)


def resources(frame: pd.DataFrame) -> pd.DataFrame:
    """One row per compiled kernel in the house's order: columns `KEY` and `METRICS`; NaN where a metric is absent."""
    rows = measured(frame, STUDY, METRICS)
    if rows.empty:
        return pd.DataFrame(columns=[*KEY, *METRICS])
    found = rows.groupby([*KEY, "metric"])["value"].max().unstack("metric").reindex(columns=list(METRICS))
    return arranged(found.dropna(subset=["registers"]).reset_index(), KEY, ORDERS | {"name": cell_order()})
