"""The words of an exercise: what to do, what it teaches, a hint; and its answer, with the numbers of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.exercises import EXERCISES, Worked, worked
from analysis.result import Analysis, Fact, Figure, Table
from reports.catalogue import Catalogue

TOP = "exercises"
TASKS = "tasks"


@dataclass(frozen=True)
class Told:
    """An exercise in a language, in the catalogue's markup; the answer is empty where the run does not suffice."""

    name: str
    title: str
    do: tuple[str, ...]
    teaches: str
    hint: str
    asks: Mapping[str, str]
    answer: tuple[str, ...]
    mistakes: tuple[str, ...]


def told(name: str, found: Worked | None, figures: Mapping[str, Figure], text: Catalogue) -> Told:
    """Return the words of an exercise.

    Parameters
    ----------
    name
        One of `analysis.exercises.EXERCISES`.
    found
        The exercise, worked out; None where the run does not suffice, or no answer is wanted.
    figures
        Its figures, by id.
    text
        The words of a language.

    """
    path = (TOP, TASKS, name)
    known = facts(name, found, figures)
    return Told(
        name=name,
        title=text(*path, "title"),
        do=text.sentences(*path, "do"),
        teaches=text(*path, "teaches"),
        hint=text(*path, "hint"),
        asks=text.table(*path, "asks"),
        answer=tuple(text.tellable(*path, "answer", facts=known)) if found is not None else (),
        mistakes=text.sentences(*path, "mistakes"),
    )


def facts(name: str, found: Worked | None, figures: Mapping[str, Figure]) -> dict[str, Fact]:
    """Return what an answer may quote: `{figure-id:fact}` of its figures, `{exercise:fact}` of its own."""
    known = {
        f"{figure_id}:{fact}": value
        for figure_id in EXERCISES[name].figures
        if figure_id in figures
        for fact, value in figures[figure_id].facts.items()
    }
    return known | ({f"{name}:{fact}": value for fact, value in found.facts.items()} if found is not None else {})


def worked_out(analysis: Analysis) -> dict[str, Worked | None]:
    """Work out every exercise that the analysis suffices for."""
    figures: dict[str, Figure] = {figure.id: figure for figure in analysis.figures}
    tables: dict[str, Table] = {table.id: table for table in analysis.tables}
    return {name: worked(name, figures, tables) for name in EXERCISES}
