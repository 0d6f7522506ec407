"""Table "call-costs": what a layer's other calls take beside a plain pass, how time grows, and a spectrum's seconds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from analysis.cells import cell_order
from analysis.result import RANGE, Cell, Estimate, Fact, Table
from analysis.select import measured, ordered
from analysis.statistics.fits import exponents
from analysis.statistics.intervals import centred, generator
from analysis.statistics.paired import block_ratios, paired_ratio

STUDY = "call-costs"
PLACE = ["seq_len", "batch_size", "input_size", "hidden_size"]
LAYER = PLACE[1:]
LEADING = ("cost", *PLACE)
FEWEST_LENGTHS = 3
Line = tuple[str, tuple[Cell, ...], dict[str, Estimate]]
"""What is told, its T, B, I, H, and the estimate of each cell."""


@dataclass(frozen=True)
class Call:
    """A call of a layer, with all threads or with one."""

    direction: str
    dtype: str = "float32"
    alone: bool = False


INFERENCE, TRAINING = Call("inference"), Call("training")
RATIOS: Mapping[str, tuple[Call, Call]] = {
    "states-kept": (Call("forward"), INFERENCE),
    "double": (Call("inference", dtype="float64"), INFERENCE),
    "one-thread-inference": (Call("inference", alone=True), INFERENCE),
    "one-thread-training": (Call("training", alone=True), TRAINING),
    "profile": (Call("profile"), TRAINING),
}
"""Name of a ratio to the call above the line and the one below."""


def call_cost_table(frame: pd.DataFrame) -> Table | None:
    """Tabulate ratios of two calls at a shape, exponents of time in T, and seconds of a spectrum, each by cell.

    Ratios are geometric means over blocks, all else medians, with their intervals. An exponent is fitted to the lengths
    of a layer on one thread, where at least three were measured.
    """
    rows = measured(frame, STUDY, "elapsed_s")
    if rows.empty:
        return None
    lines = [*_ratios(rows), *_exponents(rows), *_spectra(rows)]
    if not lines:
        return None
    cells = ordered({cell for *_, found in lines for cell in found}, cell_order())
    facts: dict[str, Fact] = {"threads": float(rows["threads"].max()), "blocks": float(rows["block"].nunique())}
    table = tuple((name, *place, *(found.get(cell) for cell in cells)) for name, place, found in lines)
    return Table("call-costs", (*LEADING, *cells), table, facts)


def _ratios(rows: pd.DataFrame) -> Iterator[Line]:
    rng = generator("call-costs-ratios")
    most = rows["threads"].max()
    for name, (above, below) in RATIOS.items():
        if above.alone and most == 1:
            continue
        plain = dict(list(_select(rows, below, most).groupby([*PLACE, "name"])))
        for place, part in _select(rows, above, most).groupby(PLACE):
            found = {
                str(cell): paired_ratio(its, plain[*place, cell], rng)
                for cell, its in part.groupby("name")
                if (*place, cell) in plain and not block_ratios(its, plain[*place, cell]).empty
            }
            if found:
                yield name, tuple(map(int, place)), found


def _select(rows: pd.DataFrame, call: Call, most: int) -> pd.DataFrame:
    threads = 1 if call.alone else most
    keep = (rows["direction"] == call.direction) & (rows["dtype"] == call.dtype) & (rows["threads"] == threads)
    return rows.loc[keep]


def _exponents(rows: pd.DataFrame) -> Iterator[Line]:
    rng = generator("call-costs-exponents")
    alone = rows.loc[(rows["threads"] == 1) & (rows["dtype"] == "float32")]
    for direction in ("inference", "training"):
        for layer, part in alone.loc[alone["direction"] == direction].groupby(LAYER):
            lengths = part["seq_len"]
            if lengths.nunique() < FEWEST_LENGTHS:
                continue
            span = Estimate(float(lengths.max()), float(lengths.min()), float(lengths.max()), RANGE, lengths.nunique())
            found = {}
            for cell, its in part.groupby("name"):
                found[str(cell)] = centred(exponents(its, "seq_len")["exponent"].to_numpy(), rng)
            yield f"growth-{direction}", (span, *map(int, layer)), found


def _spectra(rows: pd.DataFrame) -> Iterator[Line]:
    rng = generator("call-costs-spectra")
    for place, part in rows.loc[rows["direction"] == "spectrum"].groupby(PLACE):
        blocks = part.groupby(["name", "block"])["value"].median()
        found = {str(cell): centred(values.to_numpy(), rng, unit="s") for cell, values in blocks.groupby(level="name")}
        yield "spectrum", tuple(map(int, place)), found
