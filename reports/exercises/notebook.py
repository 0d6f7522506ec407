"""The exercises as a Jupyter notebook, with or without answers: words from the catalogue, numbers from the opened run.

Nothing of a run stands in it but its name, so that the same words give the same bytes.
"""

from __future__ import annotations

import json
from typing import Any

from analysis.exercises import EXERCISES
from reports.catalogue import Catalogue
from reports.exercises.tasks import TASKS, Task
from reports.exercises.words import TOP, told
from reports.inline import unlinked

FORMAT, MINOR = 4, 5
"""Version of the notebook format: the first in which every cell has an id."""
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def notebook(text: Catalogue, run: str, answers: bool) -> dict[str, Any]:
    """Return the notebook of a language.

    Parameters
    ----------
    text
        The words of the language.
    run
        What `recurbench.open` is given: the name of a committed run, a store or a folder.
    answers
        Whether each cell of an answer holds the code that works it out, and the answer's words follow; without, it has
        names without a value.

    """
    which = "with_answers" if answers else "without_answers"
    cells = [
        _words(f"# {text(TOP, 'title')}\n\n" + _paragraphs((text(TOP, which), *text.sentences(TOP, "notebook")))),
        _code(f"import recurbench\n\nrun = recurbench.open({run!r}, language={text.language!r})"),
    ]
    shown: set[str] = set()
    for number, task in enumerate(TASKS, 1):
        cells += _task(number, task, text, answers, fresh=not set(EXERCISES[task.name].figures) <= shown)
        shown |= set(EXERCISES[task.name].figures)
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number:02d}"
    return {"cells": cells, "metadata": METADATA, "nbformat": FORMAT, "nbformat_minor": MINOR}


def written(content: dict[str, Any]) -> str:
    """Return a notebook as the text of its file."""
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _task(number: int, task: Task, text: Catalogue, answers: bool, *, fresh: bool) -> list[dict[str, Any]]:
    """Return the cells of an exercise: what to do, its figure where it is new, the answer's cell, the check."""
    words = told(task.name, None, {}, text)
    place = f"run.exercises[{task.name!r}]".replace("'", '"')
    asked = "\n".join(f"- `{name}`: {meaning}" for name, meaning in words.asks.items())
    parts = [
        f"## {number}. {words.title}",
        f"*{text(TOP, 'teaches')}* {words.teaches}",
        _paragraphs(words.do),
        *([f"```sh\n{task.command.strip()}\n```"] if task.command else []),
        asked,
        f"<details><summary>{text(TOP, 'hint')}</summary>\n\n{unlinked(words.hint)}\n\n</details>",
    ]
    given = ", ".join(f"{name}={name}" for name in task.asks)
    blank = "\n".join(f"{name} = None" for name in task.asks)
    cells = [_words("\n\n".join(parts))]
    cells += [_code(place)] if fresh else []
    cells += [_code(task.solution.strip() if answers else blank), _code(f"{place}.check({given})")]
    return [*cells, _code(f"{place}.answer")] if answers else cells


def _paragraphs(sentences: tuple[str, ...]) -> str:
    return "\n\n".join(map(unlinked, sentences))


def _words(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source.splitlines(keepends=True)}


def _code(source: str) -> dict[str, Any]:
    lines = source.splitlines(keepends=True)
    return {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": lines}
