"""An exercise of a course, in a notebook: it shows its figure, checks an answer, and tells the right one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.cells import using
from analysis.exercises import EXERCISES, Worked, worked
from bench.names import unknown
from recurbench.opened.figure import Figures, OpenFigure
from recurbench.opened.lazily import Lazy
from recurbench.opened.run import Run
from recurbench.opened.table import Tables

RIGHT, WRONG, EMPTY = "right", "wrong", "empty"


@dataclass(frozen=True, repr=False)
class Checked:
    """What became of an answer: each value that was asked for, and whether it is right."""

    found: Mapping[str, str]
    run: Run

    @property
    def right(self) -> bool:
        """Whether every value is."""
        return set(self.found.values()) == {RIGHT}

    def _repr_html_(self) -> str:
        """Return it for a notebook, a line a value."""
        from reports.notebook import checked_html

        return checked_html(self.found, self.run.text)

    def __repr__(self) -> str:
        return "; ".join(f"{name}: {self.run.text('exercises', 'check', state)}" for name, state in self.found.items())


@dataclass(frozen=True, repr=False)
class Answer:
    """The words of an answer, with the numbers of the run."""

    name: str
    worked: Worked
    figures: tuple[OpenFigure, ...]
    run: Run

    def _repr_html_(self) -> str:
        """Return it for a notebook: the answer, a file that belongs to it, and what is often got wrong."""
        from reports.exercises.tasks import BY_NAME
        from reports.exercises.words import told
        from reports.notebook import answer_html

        with using(self.run.cells):
            words = told(self.name, self.worked, {figure.id: figure.built for figure in self.figures}, self.run.text)
        listing = BY_NAME[self.name].listing
        return answer_html(words.answer, words.mistakes, listing.read_text("utf-8") if listing else "", self.run.text)

    def __repr__(self) -> str:
        return f"Answer of {self.name}: " + ", ".join(f"{k}={v.value}" for k, v in self.worked.expected.items())


@dataclass(frozen=True, repr=False)
class OpenExercise:
    """An exercise, worked out from the rows of a run."""

    name: str
    worked: Worked
    figures: tuple[OpenFigure, ...]
    run: Run

    def check(self, **answers: object) -> Checked:
        """Compare answers with the rows, within a tolerance; a value that is None counts as not yet answered.

        Raises
        ------
        ValueError
            Where a name was not asked for.

        """
        expected = self.worked.expected
        for name in answers:
            if name not in expected:
                raise ValueError(unknown("answer", name, expected))
        return Checked({name: self._state(name, answers.get(name)) for name in expected}, self.run)

    @property
    def answer(self) -> Answer:
        """The answer in words, with its numbers."""
        return Answer(self.name, self.worked, self.figures, self.run)

    def _state(self, name: str, given: object) -> str:
        if given is None:
            return EMPTY
        return RIGHT if self.worked.expected[name].agrees(given) else WRONG

    def _repr_html_(self) -> str:
        """Return its figures for a notebook, without what they find: that would be the answer."""
        return "".join(figure.shown_html(found=False) for figure in self.figures)

    def __repr__(self) -> str:
        return f"Exercise {self.name}: {', '.join(self.worked.expected)}"


class Exercises(Lazy[OpenExercise]):
    """Name to exercise, of those that the rows suffice for, in the order of a course."""

    what = "exercise"

    def __init__(self, run: Run, figures: Figures, tables: Tables) -> None:
        super().__init__()
        self.run = run
        self._figures, self._tables = figures, tables

    def known(self) -> tuple[str, ...]:
        """Return all exercises, in the order of a course."""
        return tuple(EXERCISES)

    def build(self, name: str) -> OpenExercise | None:
        """Work an exercise out; only its figures and tables are built."""
        exercise = EXERCISES[name]
        figures = tuple(figure for each in exercise.figures if (figure := self._figures.get(each)) is not None)
        tables = {each: table.built for each in exercise.tables if (table := self._tables.get(each)) is not None}
        with using(self.run.cells):
            found = worked(name, {figure.id: figure.built for figure in figures}, tables)
        return None if found is None else OpenExercise(name, found, figures, self.run)

    def lacking(self, name: str) -> str:
        """Say which figures it needs."""
        return (
            f"exercise {name!r} cannot be worked out in {self.run.name}; it needs {', '.join(EXERCISES[name].figures)}"
        )
