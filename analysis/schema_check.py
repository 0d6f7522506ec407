"""Is every cell of a frame of rows what the schema allows? One check, vectorised, whose message names the cells.

What a column may hold stands in `bench.columns`. Beside it: a value belongs to a row whose status has one and to no
other, a unit is that of its metric, a value is in the range of its unit, an environment is one that is described.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.columns import FAILURE, UNITS, Column, Real, Whole, unit_of
from bench.rows import WITH_VALUE

SHOWN = 3
"""Cells that a message names; of the others it says how many there are."""
LONGEST = 40
"""Characters of a cell that a message quotes."""

Located = tuple[str, Mapping[str, object]]
"""Where a row stands ("line 17"), and its cells as they were given."""
Locate = Callable[[Sequence[int]], Mapping[int, Located]]
"""From positions of rows, counted from 0, to where they stand."""


@dataclass(frozen=True, eq=False)
class Fault:
    """Cells of a column that are not allowed: positions of their rows, and what is allowed there."""

    column: str
    rows: NDArray[np.intp]
    allowed: str


def checked(
    frame: pd.DataFrame,
    schema: Mapping[str, Column],
    source: str,
    environments: Collection[str] | None = None,
    locate: Locate | None = None,
) -> pd.DataFrame:
    """Return the frame with the types of its columns, or say which cells are not allowed.

    Parameters
    ----------
    frame
        Rows with exactly the columns of `schema`; numbers may still be text, and text categories.
    schema
        Column name to what it may hold.
    source
        What the message calls the rows: a file, or "frame".
    environments
        The ids that are described; None where nothing is known about them.
    locate
        Says where rows stand and how their cells were given; without it rows are counted from 0.

    Raises
    ------
    ValueError
        Where a cell is not allowed. The message names the first of them with row, column, given and allowed.

    """
    numeric = {name: kind for name, kind in schema.items() if isinstance(kind, Whole | Real)}
    numbers = {name: _numbers(frame[name]) for name in numeric}
    faults = [fault for name, kind in schema.items() for fault in in_column(name, kind, frame[name])]
    if not faults:  # what several columns say together is asked of columns that are right by themselves
        faults = [*_of_values(frame, numbers["value"]), *_of_environments(frame["environment"], environments)]
    if faults:
        raise ValueError(f"{source}, {described(faults, locate or rows_of(frame))}")
    words = {name: frame[name].astype("str") for name in schema if name not in numeric}
    return frame.assign(**words, **{name: numbers[name].astype(kind.kept_as) for name, kind in numeric.items()})


def rows_of(frame: pd.DataFrame) -> Locate:
    """Return where the rows of a frame stand: row 0 is the first."""
    return lambda positions: {place: (f"row {place}", frame.iloc[place].to_dict()) for place in positions}


def described(faults: Sequence[Fault], locate: Locate) -> str:
    """Return one line about the first `SHOWN` cells, and how many more there are."""
    cells = [(int(row), fault) for fault in faults for row in fault.rows[:SHOWN]]
    shown = sorted(cells, key=lambda cell: cell[0])[:SHOWN]
    places = locate([row for row, _ in shown])
    parts = []
    for fault in dict.fromkeys(fault for _, fault in shown):
        cells_of_it = [
            (places[row][0], _quoted(places[row][1].get(fault.column))) for row, other in shown if other is fault
        ]
        (where, given), *others = cells_of_it
        also = "".join(f", {place}: {cell}" for place, cell in others)
        parts.append(f"{where}: {fault.column} is {given}{also}; allowed: {fault.allowed}")
    more = sum(len(fault.rows) for fault in faults) - len(shown)
    return "; ".join(parts) + (f"; and {more} more" if more else "")


def _quoted(given: object) -> str:
    """Return a cell for a message: a number as it stands, a word in quotation marks, what is long cut off."""
    if given is None or (not isinstance(given, str) and pd.isna(given)) or given == "":
        return "empty"
    text = str(given)
    try:
        float(text)
    except ValueError:
        return repr(text if len(text) <= LONGEST else f"{text[:LONGEST]}…")
    return text


def _plain(column: pd.Series) -> NDArray[np.object_]:
    """Return words as plain objects, over which Python goes ten times as fast as over a series."""
    plain: NDArray[np.object_] = column.to_numpy(dtype=object)
    return plain


def _numbers(column: pd.Series) -> pd.Series:
    """Return a column as numbers, NaN where a cell is none; True and False are none."""
    if column.dtype == bool:
        return pd.Series(np.nan, index=column.index)
    if column.dtype.kind in "iuf":
        return column
    return pd.to_numeric(column, errors="coerce")


def _fault(column: str, wrong: NDArray[np.bool_], allowed: str) -> Iterator[Fault]:
    if wrong.any():
        yield Fault(column, np.flatnonzero(wrong), allowed)


def in_column(name: str, kind: Column, column: pd.Series) -> Iterator[Fault]:
    """Yield the cells of a column that are wrong whatever stands in the others."""
    if isinstance(kind, Whole):
        values = _numbers(column).to_numpy()
        wrong = ~((values >= kind.least) & (values < kind.most + 1))  # also where a value is NaN
        if values.dtype.kind == "f":
            wrong |= np.floor(values) != values
    elif isinstance(kind, Real):
        values = _numbers(column).to_numpy()
        wrong = _outside(values, kind.least, kind.most, kind.above)
        if kind.empty:
            wrong &= ~((column.isna() | (column == "")).to_numpy())
    else:
        words = column.cat.categories if column.dtype == "category" else set(_plain(column))
        strange = [word for word in words if not (isinstance(word, str) and kind.allows(word))]
        wrong = (column.isin(strange) | column.isna()).to_numpy() if strange else column.isna().to_numpy()
    yield from _fault(name, wrong, kind.allowed)


def _outside(
    values: NDArray[Any], least: float | NDArray[Any], most: float | NDArray[Any], above: bool | NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Say where values are outside a range, or no finite numbers; the ends may be those of each value."""
    outside: NDArray[np.bool_] = ~np.isfinite(values) | (values < least) | (values > most)
    outside |= above & (values == least)
    return outside


def _of_values(frame: pd.DataFrame, values: pd.Series) -> Iterator[Fault]:
    """Yield values that do not fit their status or their unit, and units that are not those of the metric."""
    there = values.notna().to_numpy()
    for status in frame["status"].unique():
        with_value = status in WITH_VALUE
        allowed = f"{'a number' if with_value else 'nothing'} where status is {status}"
        yield from _fault("value", (frame["status"] == status).to_numpy() & (there != with_value), allowed)
    metric, unit = frame["metric"], frame["unit"]
    for name, given in sorted(set(zip(_plain(metric), _plain(unit), strict=True))):
        expected = unit_of(name)
        if given != expected:
            wrong = ((metric == name) & (unit == given)).to_numpy()
            yield from _fault("unit", wrong, f"{expected!r} where metric is {name}")
    if (metric == FAILURE).any():
        wrong = ((metric == FAILURE) & (frame["status"] != "failed")).to_numpy()
        yield from _fault("status", wrong, f"failed where metric is {FAILURE}")
    codes, units = pd.factorize(unit)
    ranges = [UNITS.get(each, Real()) for each in units]  # a unit that is none has been found already
    low, high = (np.array([getattr(each, end) for each in ranges], float)[codes] for end in ("least", "most"))
    above = np.array([each.above for each in ranges], bool)[codes]
    wrong = there & _outside(values.to_numpy(), low, high, above)
    for code in np.unique(codes[wrong]):
        yield from _fault("value", wrong & (codes == code), f"{ranges[code].allowed}, where the unit is {units[code]}")


def _of_environments(column: pd.Series, environments: Collection[str] | None) -> Iterator[Fault]:
    if environments is not None:
        allowed = f"an id that is described beside the rows: {', '.join(sorted(environments)) or 'none is'}"
        if not set(_plain(column)) <= set(environments):
            yield from _fault("environment", ~column.isin(environments).to_numpy(), allowed)
