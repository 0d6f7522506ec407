"""Tables "cuda" and "cuda-published": cuDNN's time over that of this suite, by range of sizes, and at known shapes."""

from __future__ import annotations

import pandas as pd

from analysis.cells import cell_order, known
from analysis.readings.device_times import (
    OWN,
    PEERS,
    POINT,
    REGIMES,
    by_shape,
    events,
    limits,
    on_grid,
    paired,
    regime,
    together,
)
from analysis.result import Number, Table
from analysis.select import DIRECTION_ORDER, arranged, ordered, ordered_keys
from analysis.statistics.intervals import generator, ratio_between
from analysis.tables.entries import number
from analysis.theory.published import HASTE, HASTE_SHAPE

DTYPES = tuple(PEERS)


def cuda_table(frame: pd.DataFrame) -> Table | None:
    """One row per range of sizes, pass and precision: geometric mean over shapes for each cell, the least, how many."""
    ratios = paired(events(frame))
    ratios = ratios.loc[on_grid(ratios)] if len(ratios) else ratios
    if ratios.empty:
        return None
    ratios = ratios.assign(regime=regime(ratios))
    names = ordered(ratios["name"], known().main)
    rng = generator("cuda-table")
    rows = []
    parts = dict(list(ratios.loc[ratios["regime"] != ""].groupby(["regime", "direction", "dtype"])))
    for key in ordered_keys(parts, REGIMES, DIRECTION_ORDER, DTYPES):
        part = parts[key]
        cells = (part.loc[part["name"] == name] for name in names)
        means = (together(cell, rng) if len(cell) else None for cell in cells)
        shapes = part.groupby(POINT)["ratio"].median()
        rows.append((*key, *means, number(shapes.min()), len(shapes), int((shapes < 1).sum())))
    columns = ("regime", "direction", "dtype", *names, "least", "shapes", "slower")
    return Table("cuda", columns, tuple(rows), limits())


def published_table(frame: pd.DataFrame) -> Table | None:
    """One row per shape that others have published times of: times of this suite and of cuDNN, and their ratio."""
    rows = events(frame)
    ratios = paired(rows)
    ratios = ratios.loc[~on_grid(ratios) | _compared(ratios)] if len(ratios) else ratios
    if ratios.empty:
        return None
    orders = {"name": cell_order(), "direction": DIRECTION_ORDER, "dtype": DTYPES}
    by = ["hidden_size", "seq_len", "batch_size", "name", "direction", "dtype"]
    found = arranged(by_shape(ratios, "cuda-published"), by, orders)
    times = rows.groupby([*POINT, "backend"])["value"].median()
    out = []
    for row, haste in zip(found.to_dict("records"), _haste(found), strict=True):
        key = tuple(row[name] for name in POINT)
        sizes = (row[name] for name in ("seq_len", "batch_size", "hidden_size"))
        spent = (Number(times[(*key, backend)], "s", digits=3) for backend in (OWN, PEERS[row["dtype"]]))
        ratio = ratio_between(row["ratio"], row["low"], row["high"], row["blocks"])
        out.append((row["name"], row["direction"], row["dtype"], *sizes, *spent, ratio, haste))
    columns = (
        "cell", "direction", "dtype", "seq_len", "batch_size", "hidden_size", "own_time", "cudnn_time", "ratio",
        "haste",
    )  # fmt: skip
    return Table("cuda-published", columns, tuple(out), {"shapes": len(out)})


def _compared(rows: pd.DataFrame) -> pd.Series:
    return (rows[["seq_len", "batch_size", "hidden_size"]] == list(HASTE_SHAPE)).all(axis="columns")


def _haste(rows: pd.DataFrame) -> list[Number | None]:
    """Return Haste's published time for each row that has its cell, shape and precision."""
    same = _compared(rows) & (rows["name"] == "lstm") & (rows["dtype"] == "float32")
    pairs = zip(rows["direction"], same, strict=True)
    return [Number(HASTE[direction], "s") if is_same else None for direction, is_same in pairs]
