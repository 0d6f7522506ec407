"""Rows split by study once, so that whoever asks for a study does not search a million rows for it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from bench.names import EXPERIMENT

if TYPE_CHECKING:
    import pandas as pd


class ByStudy:
    """The rows of a run, study by study.

    Parameters
    ----------
    frame
        Tidy rows in their one order (`analysis.load.in_order`), which sorts by study before all else.

    """

    def __init__(self, frame: pd.DataFrame) -> None:
        found = frame.groupby("study", sort=False)
        self._none = frame.iloc[:0]
        self._parts = {str(name): part.reset_index(drop=True) for name, part in found}
        self._hashes: dict[str, str] = {}

    @property
    def cells(self) -> tuple[str, ...]:
        """The cells that the rows are about."""
        return tuple(sorted({str(cell) for part in self._parts.values() for cell in part["cell"].unique()}))

    @property
    def lecture(self) -> tuple[str, ...]:
        """The studies that have rows and are no experiment's of one's own."""
        return tuple(name for name in self._parts if not name.startswith(EXPERIMENT))

    @property
    def asked(self) -> tuple[str, ...]:
        """The studies of experiments that have rows."""
        return tuple(name for name in self._parts if name.startswith(EXPERIMENT))

    def of(self, studies: Iterable[str]) -> pd.DataFrame:
        """Return the rows of some studies, in their one order, numbered from 0; none of a study without rows."""
        import pandas as pd

        wanted = set(studies)
        parts = [part for name, part in self._parts.items() if name in wanted]
        if len(parts) < 2:
            return parts[0] if parts else self._none
        return pd.concat(parts, ignore_index=True)

    def count(self, studies: Iterable[str]) -> int:
        """Count the rows of some studies."""
        return sum(len(self._parts[name]) for name in studies if name in self._parts)

    def sha(self, study: str) -> str:
        """Return the sha256 of a study's rows, in hex: every cell of every row, and its column; "" without rows."""
        if study not in self._hashes:
            self._hashes[study] = hash_of(self._parts[study]) if study in self._parts else ""
        return self._hashes[study]


def hash_of(rows: pd.DataFrame) -> str:
    """Return the sha256 of rows, in hex: their columns, kinds and cells, in their order."""
    import pandas as pd

    found = hashlib.sha256(repr([len(rows), *rows.columns]).encode())
    for name in rows.columns:
        column = rows[name]
        if column.dtype.kind in "iuf":
            found.update(f"\n{name} {column.dtype}\n".encode())
            found.update(column.to_numpy().tobytes())
        else:
            codes, words = pd.factorize(column)
            found.update(f"\n{name} {list(words)!r}\n".encode())
            found.update(codes.astype("int32").tobytes())
    return found.hexdigest()
