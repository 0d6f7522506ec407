"""`recurbench.open`: the rows of a run, and all that is made from them, each when it is asked for."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, overload

from bench.about import DEFAULT_STORE
from recurbench.opened.exercise import Exercises
from recurbench.opened.experiment import Experiments
from recurbench.opened.figure import Figures
from recurbench.opened.run import Run, words
from recurbench.opened.table import Tables
from recurbench.places import measured_or_reference

if TYPE_CHECKING:
    import pandas as pd

    from analysis.result import Analysis


def open(path: str | Path | None = None, language: str = "en") -> Results:
    """Open the rows of a run: its figures, tables and verdicts, as `recurbench report` has them on its page.

    Parameters
    ----------
    path
        A store, an exported folder, or the name of a committed run, such as "xeon-cascade-lake-2-cores". Without one:
        the store of this folder if it has rows, else the committed reference; which one is said.
    language
        Of titles, captions and the words in drawings.

    Raises
    ------
    FileNotFoundError
        Where there are no rows at `path`.
    ValueError
        Where the rows are damaged or none, or the language is unknown.
    bench.run.store.StoreError
        Where the store cannot be read.

    """
    from reports.source import address_of, asked_in, read

    words(language)
    source = measured_or_reference(DEFAULT_STORE) if path is None else Path(path).expanduser()
    frame, environments = read(source)
    name = source.stem if source.is_file() else source.name
    return Results(Run(name, frame, environments, asked_in(source), language, address_of(source)))


class Results:
    """A run, opened. Nothing but its rows is there before it is asked for."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.figures = Figures(run)
        self.tables = Tables(run)
        self.experiments = Experiments(run)
        self.exercises = Exercises(run, self.figures, self.tables)

    @property
    def name(self) -> str:
        """Name of the store or the folder."""
        return self._run.name

    @property
    def frame(self) -> pd.DataFrame:
        """Tidy rows, one per measured number, with the columns `bench.rows.COLUMNS`."""
        return self._run.frame

    @property
    def environments(self) -> Environments:
        """The machines, with the days and the code versions of their rows."""
        return Environments(self._run)

    @functools.cached_property
    def analysis(self) -> Analysis:
        """Everything at once: all claims judged, all figures and tables. Takes a minute for a full run."""
        from analysis import analyse
        from analysis.by_study import ByStudy
        from analysis.kept import kept_here

        run = self._run
        return analyse(ByStudy(run.frame), run.environments, experiments=run.experiments, kept=kept_here())

    @property
    def verdicts(self) -> pd.DataFrame:
        """The lecture's claims, one a row: number, quote, verdict, basis, estimate, low, high, unit, study.

        `low` and `high` are the ends of the 95 % interval; an estimate is missing where nothing was measured.
        """
        import pandas as pd

        numbers = ("estimate", "low", "high", "unit")
        rows = []
        for finding in self.analysis.findings:
            estimate = finding.estimate
            of = (estimate.value, estimate.low, estimate.high, estimate.unit) if estimate else (None,) * 4
            told = {
                "number": finding.number,
                "quote": finding.quote,
                "verdict": finding.verdict,
                "basis": finding.basis,
            }
            rows.append(told | dict(zip(numbers, of, strict=True)) | {"study": finding.study})
        return pd.DataFrame(rows)

    def cite(self, form: str = "bibtex", url: str = "") -> str:
        """Return the citation of the whole run, as `OpenFigure.cite` that of a figure; this builds all figures."""
        from reports import citing

        figures = [figure.built for figure in map(self.figures.get, self.figures) if figure is not None]
        return citing.render(
            citing.of_suite(figures, self._run.environments, self._run.text, url or self._run.url), form
        )

    def _repr_html_(self) -> str:
        """Return it for a notebook: the machine, the days, the rows, figures with their titles, and questions."""
        from reports.notebook import run_html

        run = self._run
        told = run_html(run.name, len(run.frame), run.environments, self.figures.names(), run.text)
        return told + self.experiments._repr_html_()

    def __repr__(self) -> str:
        return f"{self.name}: {len(self.frame)} rows, {len(self.figures)} figures"


class Environments(Sequence[Mapping[str, object]]):
    """The machines of a run, a mapping each."""

    def __init__(self, run: Run) -> None:
        self._run = run

    @overload
    def __getitem__(self, place: int) -> Mapping[str, object]: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Mapping[str, object]]: ...

    def __getitem__(self, place: int | slice) -> Mapping[str, object] | Sequence[Mapping[str, object]]:
        return self._run.environments[place]

    def __len__(self) -> int:
        return len(self._run.environments)

    def _repr_html_(self) -> str:
        """Return what is known about each, for a notebook."""
        from reports.notebook import environments_html

        return environments_html(self._run.environments, self._run.text)

    def __repr__(self) -> str:
        return f"{len(self)} environments: {', '.join(str(facts.get('cpu', facts.get('id'))) for facts in self)}"
