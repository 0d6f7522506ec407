"""The chapter of experiments of one's own: each with its figure, its values, and the definition that measures it again.

What a user wrote, the question and the name, is escaped as it stands and never read as markup.
"""

from __future__ import annotations

from collections.abc import Mapping

from analysis.experiments.levels import value_name
from analysis.result import EXPERIMENT_FIGURE, Asked, Cell, Fact, Table
from bench.experiments.definition import Experiment, as_toml
from reports import page, wording
from reports.catalogue import Catalogue
from reports.figure_block import figure_shown
from reports.inline import inline
from reports.numbers import shown
from reports.scene import Context, Scene


def experiments(block: page.Experiments, scene: Scene) -> Context:
    """Return every experiment of the run, sorted by name."""
    return {"experiments": [_experiment(asked, scene) for asked in scene.analysis.experiments]}


def again(definition: Experiment) -> str:
    """Return the command that measures an experiment again, from the file of its definition."""
    return f"recurbench ask {definition.name}.toml"


def _experiment(asked: Asked, scene: Scene) -> Context:
    text, definition = scene.text, asked.definition
    name = EXPERIMENT_FIGURE + definition.name
    return {
        "id": name,
        "title": wording.title(name, text),
        "question": definition.question,
        "figure": asked.figure and figure_shown(asked.figure, scene, question=definition.question),
        "nothing": text(wording.TOP, "nothing"),
        "without": missing(asked, text),
        "table": asked.table and _table(asked, asked.table, scene),
        "again": text(wording.TOP, "again"),
        "again_how": inline(text.told(wording.TOP, "again_how", facts={"file": f"{definition.name}.toml"})),
        "command": again(definition),
        "definition": as_toml(definition).strip(),
    }


def missing(asked: Asked, text: Catalogue) -> str:
    """Return how many rows have no value and why, or an empty text where all have one."""
    if not asked.without:
        return ""
    facts: dict[str, Fact] = {"without": sum(asked.without.values()), "rows": asked.rows}
    why = [text.told(wording.TOP, "missing", status, facts={"count": n}) for status, n in asked.without.items()]
    return text.told(wording.TOP, "without", facts=facts | {"why": ", ".join(why)})


def _table(asked: Asked, found: Table, scene: Scene) -> Context:
    """Return the values in words: a row for each series or point."""
    words = wording.labels(found.id, scene.text)
    figure = asked.figure
    value = "" if figure is None or figure.layout is None else value_name(figure.layout, figure.data, words)
    numeric = [not any(isinstance(row[place], str) for row in found.rows) for place in range(len(found.columns))]
    heads = [
        value if name == "value" else words.get(f"column.{name}") or scene.text("columns", name)
        for name in found.columns
    ]
    return {
        "title": scene.text(wording.TOP, "values"),
        "heads": list(zip(heads, numeric, strict=True)),
        "rows": [
            [
                (_cell(column, cell, words, scene), number)
                for column, cell, number in zip(found.columns, row, numeric, strict=True)
            ]
            for row in found.rows
        ],
    }


def _cell(column: str, cell: Cell, words: Mapping[str, str], scene: Scene) -> str:
    """Tell a level as the figure does, else as every table does; write a number."""
    if not isinstance(cell, str):
        return shown(cell)
    return words.get(f"{column}.{cell}") or scene.level(column, cell)
