"""A question of one's own, answered: what was asked, its figure, its values, its rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.cells import using
from analysis.result import Asked
from bench.experiments.definition import Experiment
from recurbench.opened.figure import OpenFigure
from recurbench.opened.lazily import Lazy
from recurbench.opened.run import Run
from recurbench.opened.table import numbers_of

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False, eq=False)
class OpenExperiment:
    """An experiment of a run, with its answer."""

    asked: Asked
    run: Run

    @property
    def name(self) -> str:
        """Its name in the store and on the page."""
        return self.definition.name

    @property
    def question(self) -> str:
        """What was asked."""
        return self.definition.question

    @property
    def definition(self) -> Experiment:
        """Measure, axes and seeds; `bench.experiments.definition.as_toml` writes them as a file."""
        return self.asked.definition

    @property
    def frame(self) -> pd.DataFrame:
        """Its tidy rows."""
        frame = self.run.frame
        return frame.loc[frame["study"] == self.definition.study].reset_index(drop=True)

    @property
    def figure(self) -> OpenFigure:
        """Its figure. Raises ValueError where none of its rows has a value."""
        if self.asked.figure is None:
            raise ValueError(self._nothing())
        return OpenFigure(self.asked.figure, self.run.environments, self.run.language, self.run.url)

    @property
    def data(self) -> pd.DataFrame:
        """What it found: a row for each series or point, its value with its interval, and how many units are behind it.

        Raises ValueError where none of its rows has a value.
        """
        if self.asked.table is None:
            raise ValueError(self._nothing())
        return numbers_of(self.asked.table)

    def _nothing(self) -> str:
        without = ", ".join(f"{count} {status}" for status, count in self.asked.without.items())
        return f"none of the {self.asked.rows} rows of experiment {self.name!r} has a value: {without}"

    def _repr_html_(self) -> str:
        """Return it for a notebook: the question and the figure that answers it."""
        from reports.notebook import experiment_html

        drawn = self.figure._repr_html_() if self.asked.figure is not None else ""
        with using(self.run.cells):
            return experiment_html(self.asked, drawn, self.run.text)

    def __repr__(self) -> str:
        return f"Experiment {self.name}: {self.question}"


class Experiments(Lazy[OpenExperiment]):
    """Name to experiment, of those that have rows, by name."""

    what = "experiment"

    def __init__(self, run: Run) -> None:
        super().__init__()
        self.run = run

    def known(self) -> tuple[str, ...]:
        """Return all experiments whose definitions the run keeps."""
        return tuple(asked.name for asked in self.run.experiments)

    def names(self) -> tuple[str, ...]:
        """Return the experiments that have rows; none is answered for it."""
        return tuple(asked.name for asked in self.run.experiments if asked.study in self.run.studies)

    def build(self, name: str) -> OpenExperiment | None:
        """Answer an experiment from its rows."""
        from analysis.experiments.asked import answer

        definition = next(asked for asked in self.run.experiments if asked.name == name)
        frame = self.run.frame
        with using(self.run.cells):
            asked = answer(frame.loc[frame["study"] == definition.study], definition)
        return OpenExperiment(asked, self.run) if asked.rows else None

    def lacking(self, name: str) -> str:
        """Say that it was not measured."""
        return f"experiment {name!r} has no rows in {self.run.name}; `recurbench ask` measures them"

    def _repr_html_(self) -> str:
        """Return the names with their questions."""
        from reports.notebook import experiments_html

        return experiments_html([asked for asked in self.run.experiments if asked.name in self], self.run.text)
