"""The rows of a run with their machines, and the words they are told in: what all that is opened shares."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.cells import Cells, cells_of
from bench.experiments.definition import Experiment
from reports.catalogue import Catalogue, load_catalogue

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False, eq=False)
class Run:
    """Tidy rows, the machines they were measured on, questions of one's own, and the language of titles."""

    name: str
    frame: pd.DataFrame
    environments: tuple[Mapping[str, object], ...]
    experiments: tuple[Experiment, ...]
    language: str
    url: str = ""
    """The address of the page, where the run keeps one."""

    @property
    def text(self) -> Catalogue:
        """The words of the language."""
        return words(self.language)

    @functools.cached_property
    def cells(self) -> Cells:
        """The cells that the rows are about."""
        return cells_of(self.environments, self.frame["cell"].unique())

    @functools.cached_property
    def studies(self) -> frozenset[str]:
        """The studies that have rows."""
        return frozenset(map(str, self.frame["study"].unique()))


@functools.cache
def words(language: str) -> Catalogue:
    """Return the catalogue of a language, read once."""
    return load_catalogue(language)
