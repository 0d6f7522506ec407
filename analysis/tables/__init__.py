"""The tables, a file each: `<name>_table(frame)` takes tidy rows and gives numbers, or None where rows are missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from analysis.cells import cells_of, using
from analysis.tables.activations import activation_table
from analysis.tables.anchors import anchor_table
from analysis.tables.call_costs import call_cost_table
from analysis.tables.cuda import cuda_table, published_table
from analysis.tables.factors import factor_table
from analysis.tables.gates import gate_table
from analysis.tables.grid import grid_table
from analysis.tables.horizons import horizon_table
from analysis.tables.kernels import kernel_table
from analysis.tables.more_tasks import more_tasks_table
from analysis.tables.parameters import parameter_table
from analysis.tables.scaling import scaling_table
from analysis.tables.sharings import sharing_table
from analysis.tables.times import time_table
from analysis.tables.trained import trained_table
from bench.names import unknown

if TYPE_CHECKING:
    import pandas as pd

    from analysis.result import Table

BUILDERS: Mapping[str, Callable[[pd.DataFrame], Table | None]] = {
    "anchors": anchor_table,
    "horizons": horizon_table,
    "factors": factor_table,
    "gates": gate_table,
    "runtime": time_table,
    "grid": grid_table,
    "scaling": scaling_table,
    "call-costs": call_cost_table,
    "activations": activation_table,
    "parameters": parameter_table,
    "cuda": cuda_table,
    "cuda-published": published_table,
    "cuda-sharings": sharing_table,
    "kernels": kernel_table,
    "trained": trained_table,
    "more-tasks": more_tasks_table,
}
"""Table id to what builds it; a new one is a line here, and its place on the page one in `reports/content.py`."""

READS: Mapping[str, tuple[str, ...]] = {
    "anchors": (
        "chrono", "critical-gain", "gradients", "jacobians", "linear", "matrices", "mean-field", "radius", "spectrum",
        "underflow",
    ),
    "horizons": ("gradients", "underflow"),
    "factors": ("gradients",),
    "gates": ("gates",),
    "runtime": ("runtime",),
    "grid": ("grid", "peak"),
    "scaling": ("runtime",),
    "call-costs": ("call-costs",),
    "activations": ("activations",),
    "parameters": ("parameters",),
    "cuda": ("gpu",),
    "cuda-published": ("gpu",),
    "cuda-sharings": ("sharings",),
    "kernels": ("kernels",),
    "trained": ("memory-tasks",),
    "more-tasks": ("more-tasks",),
}  # fmt: skip
"""Table id to the studies whose rows it reads; `analysis.select.measured` gives it no others."""


def build_tables(frame: pd.DataFrame) -> tuple[Table, ...]:
    """Build every table that the rows suffice for."""
    tables = (build(frame) for build in BUILDERS.values())
    return tuple(table for table in tables if table is not None)


def build_table(table_id: str, frame: pd.DataFrame, environments: Iterable[Mapping[str, object]] = ()) -> Table | None:
    """Build one table, as `analysis.analyse` builds it; None where the rows do not suffice.

    Raises
    ------
    ValueError
        Where nobody knows the table.

    """
    if table_id not in BUILDERS:
        raise ValueError(unknown("table", table_id, BUILDERS))
    with using(cells_of(environments, frame["cell"].unique())):
        return BUILDERS[table_id](frame)
