"""The tables, a file each: `<name>_table(frame)` takes tidy rows and gives numbers, or None where rows are missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.tables.activations import activation_table
from analysis.tables.anchors import anchor_table
from analysis.tables.call_costs import call_cost_table
from analysis.tables.cuda import cuda_table, published_table
from analysis.tables.factors import factor_table
from analysis.tables.gates import gate_table
from analysis.tables.grid import grid_table
from analysis.tables.horizons import horizon_table
from analysis.tables.kernels import kernel_table
from analysis.tables.parameters import parameter_table
from analysis.tables.scaling import scaling_table
from analysis.tables.sharings import sharing_table
from analysis.tables.times import time_table

if TYPE_CHECKING:
    import pandas as pd

    from analysis.result import Table

BUILDERS = (
    anchor_table,
    horizon_table,
    factor_table,
    gate_table,
    time_table,
    grid_table,
    scaling_table,
    call_cost_table,
    activation_table,
    parameter_table,
    cuda_table,
    published_table,
    sharing_table,
    kernel_table,
)
"""What builds each table; a new one is a line here, and its place on the page one in `reports/content.py`."""


def build_tables(frame: pd.DataFrame) -> tuple[Table, ...]:
    """Build every table that the rows suffice for."""
    tables = (build(frame) for build in BUILDERS)
    return tuple(table for table in tables if table is not None)
