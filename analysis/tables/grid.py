"""Table "grid": every implementation at every point of the grid of shapes, and the share of the CPU's peak."""

from __future__ import annotations

import math

import pandas as pd

from analysis.cells import cell_order
from analysis.readings.grid_times import OWN, PEERS, POINT, operations, times
from analysis.readings.peak import peak_rate
from analysis.result import Cell, Estimate, Fact, Number, Table
from analysis.select import AGAIN, DIRECTION_ORDER, arranged
from analysis.statistics.intervals import generator, geometric_mean, quartiles
from analysis.statistics.paired import block_ratios, paired_ratio
from analysis.tables.entries import number

KEYS = ["threads", *POINT, "name", "direction"]
COLUMNS = (
    "threads", "seq_len", "batch_size", "input_size", "hidden_size", "cell", "direction", "own_time", "noise",
    "torch_time", "onnxruntime_time", "ratio", "peak",
)  # fmt: skip


def grid_table(frame: pd.DataFrame) -> Table | None:
    """Tabulate times with quartiles, the kernel against itself, the paired ratio of the fastest peer, and the peak.

    A row of the table is a point of the grid with a number of threads. The ratio is the peer's time over ours, so that
    above one this suite is faster; the facts are its geometric mean and its least, for each direction with all threads.
    """
    rows = times(frame)
    own_rows = rows.loc[rows["backend"] == OWN]
    if own_rows.empty:
        return None
    work = operations(frame)
    rng = generator("grid-table")
    lines: list[tuple[Cell, ...]] = []
    fastest: dict[str, list[float]] = {}
    parts = dict(list(rows.groupby([*KEYS, "backend"])))
    points = arranged(
        own_rows[[*KEYS, "dtype"]].drop_duplicates(), KEYS, {"name": cell_order(), "direction": DIRECTION_ORDER}
    )
    for point in points.to_dict("records"):
        key = tuple(point[name] for name in KEYS)
        own = parts[(*key, OWN)]
        low, median, high = quartiles(own["value"])
        again = parts.get((*key, AGAIN))
        peers = {name: parts[(*key, name)] for name in PEERS if (*key, name) in parts}
        ratios = [paired_ratio(peer, own, rng) for peer in peers.values() if not block_ratios(peer, own).empty]
        ratio = min(ratios, key=lambda estimate: estimate.value, default=None)
        if ratio is not None and point["threads"] == points["threads"].max():
            fastest.setdefault(point["direction"], []).append(ratio.value)
        rate = peak_rate(frame, point["threads"], point["dtype"])
        share = work.get((point["direction"], point["name"], *key[1:5]), math.nan) / median / rate
        lines.append((
            *(int(point[name]) for name in KEYS[:5]),
            point["name"],
            point["direction"],
            Estimate(median, low, high, "s", len(own)),
            None if again is None or block_ratios(again, own).empty else paired_ratio(again, own, rng),
            *(_median_time(peers.get(name)) for name in PEERS),
            ratio,
            number(share, "share", digits=2),
        ))  # fmt: skip
    facts: dict[str, Fact] = {"points": len(lines), "threads": int(points["threads"].max())}
    for direction, values in fastest.items():
        facts[f"{direction}_mean"] = Number(geometric_mean(pd.Series(values).to_numpy()), digits=3)
        facts[f"{direction}_least"] = Number(min(values), digits=3)
    return Table("grid", COLUMNS, tuple(lines), facts)


def _median_time(rows: pd.DataFrame | None) -> Number | None:
    return None if rows is None else number(rows["value"].median(), "s")
