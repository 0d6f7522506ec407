"""Table "cuda-sharings": a call with the work of a step shared in each of four ways, beside the rule's choice."""

from __future__ import annotations

import pandas as pd

from analysis.cells import cell_order
from analysis.result import Fact, Number, Table
from analysis.select import DIRECTION_ORDER, arranged, measured
from analysis.statistics.intervals import geometric_mean
from analysis.statistics.paired import block_medians
from analysis.tables.entries import number
from analysis.tables.kernels import SHARINGS

STUDY = "sharings"
RULE = "-"
KEY = ["name", "direction", "hidden_size"]


def sharing_table(frame: pd.DataFrame) -> Table | None:
    """One row per cell, pass and hidden size: median times, and the rule's over the least of each block.

    Where a sharing does not fit there is nothing.
    """
    rows = measured(frame, STUDY, "event_s")
    if rows.empty:
        return None
    blocks = block_medians(rows, [*KEY, "variant"]).pivot_table(
        index=[*KEY, "block"], columns="variant", values="value"
    )
    blocks = blocks.reindex(columns=[RULE, *SHARINGS])
    blocks["excess"] = blocks[RULE] / blocks[list(SHARINGS)].min(axis="columns")
    found = blocks.groupby(level=KEY).median().reset_index()
    found = arranged(found, KEY, {"name": cell_order(), "direction": DIRECTION_ORDER})
    out = [
        (
            row["name"],
            row["direction"],
            row["hidden_size"],
            *(number(row[sharing], "s") for sharing in (*SHARINGS, RULE)),
            number(row["excess"]),
        )
        for row in found.to_dict("records")
    ]
    first = rows.iloc[0]
    excess = found["excess"].dropna()
    facts: dict[str, Fact] = {name: float(first[name]) for name in ("seq_len", "batch_size", "input_size")}
    if len(excess):
        facts["excess"] = Number(geometric_mean(excess.to_numpy()), digits=3)
        facts["worst"] = Number(float(excess.max()), digits=3)
    columns = ("cell", "direction", "hidden_size", *(f"of_{name}" for name in SHARINGS), "of_rule", "excess")
    return Table("cuda-sharings", columns, tuple(out), facts)
