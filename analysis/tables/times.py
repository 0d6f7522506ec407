"""Table "runtime": the time of a call beside that of the peers, along the sweep over the hidden size."""

from __future__ import annotations

import pandas as pd

from analysis.cells import cell_order
from analysis.readings.call_times import OWN, elapsed
from analysis.result import Cell, Estimate, Fact, Table
from analysis.select import AGAIN, BACKEND_ORDER, DIRECTION_ORDER, ordered_keys, sweep
from analysis.statistics.intervals import generator, quartiles
from analysis.statistics.paired import block_ratios, paired_ratio


def time_table(frame: pd.DataFrame) -> Table | None:
    """Tabulate the median time with quartiles and the paired ratio to this suite, by hidden size."""
    times = elapsed(frame)
    times = sweep(times.loc[times["backend"] != AGAIN], "hidden_size")
    if times.empty:
        return None
    rng = generator("runtime-table")
    rows: list[tuple[Cell, ...]] = []
    parts = dict(list(times.groupby(["direction", "name", "hidden_size", "backend"])))
    for key in ordered_keys(parts, DIRECTION_ORDER, cell_order(), (), BACKEND_ORDER):
        part = parts[key]
        own = parts.get((*key[:3], OWN))
        low, median, high = quartiles(part["value"])
        paired = own is not None and key[3] != OWN and not block_ratios(part, own).empty
        ratio = paired_ratio(part, own, rng) if paired and own is not None else None
        rows.append((*key, Estimate(median, low, high, "s", len(part)), ratio))
    first = times.iloc[0]
    facts: dict[str, Fact] = {size: float(first[size]) for size in ("seq_len", "batch_size", "input_size", "threads")}
    columns = ("direction", "cell", "hidden_size", "backend", "time", "ratio")
    return Table("runtime", columns, tuple(rows), facts | {"dtype": str(first["dtype"])})
