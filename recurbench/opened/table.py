"""A table of a run: it shows itself in a notebook, and gives its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.cells import Cells, using
from analysis.result import Estimate, Fact, Number, Table
from recurbench.opened.lazily import Lazy
from recurbench.opened.run import Run, words
from reports.inline import plain

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False, eq=False)
class OpenTable:
    """A table of a run.

    Parameters
    ----------
    built
        The table as `analysis` built it.
    cells
        The cells that were in force.
    language
        Of title, caption and heads.

    """

    built: Table
    cells: Cells
    language: str

    @property
    def id(self) -> str:
        """Its name, on the page."""
        return self.built.id

    @property
    def title(self) -> str:
        """What it shows, in a few words."""
        return plain(words(self.language)("tables", self.id, "title"))

    @property
    def caption(self) -> str:
        """What it shows, with its numbers."""
        return plain(words(self.language).told("tables", self.id, "caption", facts=self.built.facts))

    @property
    def facts(self) -> Mapping[str, Fact]:
        """The numbers that its caption quotes."""
        return dict(self.built.facts)

    @property
    def data(self) -> pd.DataFrame:
        """Its numbers, unrounded; an estimate has its interval in two more columns, `<column>_low` and `_high`."""
        return numbers_of(self.built)

    def _repr_html_(self) -> str:
        """Return it for a notebook, rounded as on the page."""
        from reports.notebook import table_html

        with using(self.cells):
            return table_html(self.built, words(self.language))

    def __repr__(self) -> str:
        return f"Table {self.id}, {len(self.built.rows)} rows: {self.title}"


class Tables(Lazy[OpenTable]):
    """Table id to table, of those that the rows suffice for, in the order of the page.

    Whether they do is known once a table is built: `in`, `len` and a loop build all of them.
    """

    what = "table"

    def __init__(self, run: Run) -> None:
        super().__init__()
        self.run = run

    def known(self) -> tuple[str, ...]:
        """Return all tables, in the order of the page."""
        from reports.content import PAGE

        return PAGE.table_ids()

    def build(self, name: str) -> OpenTable | None:
        """Build a table from the rows; nothing else is analysed."""
        from analysis.experiments.asked import is_asked
        from analysis.tables import build_table

        run = self.run
        built = build_table(name, run.frame.loc[~is_asked(run.frame["study"])], run.environments)
        return None if built is None else OpenTable(built, run.cells, run.language)

    def lacking(self, name: str) -> str:
        """Say that its rows are missing."""
        return f"table {name!r} is not in {self.run.name}: its studies were not measured"

    def _repr_html_(self) -> str:
        """Return the ids with their titles."""
        from reports.notebook import tables_html

        return tables_html(self.names(), self.run.text)


def numbers_of(table: Table) -> pd.DataFrame:
    """Return the numbers of a table, unrounded; an estimate has its interval in two more columns."""
    import pandas as pd

    columns: dict[str, list[object]] = {}
    for name, cells in zip(table.columns, zip(*table.rows, strict=True), strict=True):
        columns[name] = [cell.value if isinstance(cell, (Estimate, Number)) else cell for cell in cells]
        if any(isinstance(cell, Estimate) for cell in cells):
            for end in ("low", "high"):
                columns[f"{name}_{end}"] = [getattr(cell, end, None) for cell in cells]
    return pd.DataFrame(columns)
