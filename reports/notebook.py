"""Figures, tables and runs as HTML for a notebook, which brings its own style and may be light or dark.

Text takes the notebook's colour. A drawing is an image on a white ground of its own: ids inside it cannot collide with
those of another figure, and it survives viewers that take inline SVG and styles away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from markupsafe import Markup

from analysis.result import Analysis, Asked, Figure, Table
from bench.experiments.definition import Experiment
from reports import citing, components, page, provenance, wording
from reports.asked import missing
from reports.assets import data_uri, small_svg
from reports.catalogue import Catalogue
from reports.downloads import MEDIA
from reports.exercises.words import TOP
from reports.inline import inline, unlinked
from reports.numbers import shown
from reports.scene import Scene
from reports.templates import templates


def figure_html(
    figure: Figure, reference: citing.Reference, svg: bytes, alt: str, text: Catalogue, *, found: bool = True
) -> str:
    """Return a figure with its title, its finding, how it is read and the line that cites it; `svg` is the drawing.

    Without `found` the finding is left out.
    """
    return _filled(
        "figure.html",
        title=inline(unlinked(wording.title(figure.id, text))),
        picture=data_uri(small_svg(svg), MEDIA["svg"]),
        alt=alt,
        finding=inline(unlinked(wording.finding(figure, text))) if found else "",
        read=inline(unlinked(wording.how(figure, text))),
        source=citing.apa(reference),
    )


def table_html(table: Table, text: Catalogue) -> str:
    """Return a table as on the page, every row of it; the cells of its rows have to be in force."""
    scene = Scene(Analysis((), (), (table,), {}, ()), text, {}, {}, "")
    found = components.table(page.TableBlock(table.id), scene)
    caption = inline(unlinked(text.told("tables", table.id, "caption", facts=table.facts)))
    return _filled("table.html", title=found["title"], caption=caption, heads=found["heads"], rows=found["rows"])


def run_html(
    name: str,
    rows: int,
    environments: Sequence[provenance.Environment],
    figures: Iterable[str],
    text: Catalogue,
) -> str:
    """Return what a run is, where and when it was measured, and which figures it has."""
    run = [
        (text("notebook", "machine"), provenance.machine(environments)),
        (text("notebook", "gpu"), provenance.gpu(environments)),
        (text("notebook", "day"), provenance.day(environments)),
        (text("notebook", "rows"), shown(rows)),
    ]
    return _listing(name, [(label, value) for label, value in run if value]) + figures_html(figures, text)


def figures_html(figures: Iterable[str], text: Catalogue) -> str:
    """Return the ids of figures with their titles."""
    return _listing(
        text("notebook", "figures"), [(name, inline(unlinked(wording.title(name, text)))) for name in figures]
    )


def tables_html(tables: Iterable[str], text: Catalogue) -> str:
    """Return the ids of tables with their titles."""
    titled = [(name, inline(unlinked(text("tables", name, "title")))) for name in tables]
    return _listing(text("notebook", "tables"), titled)


def experiments_html(experiments: Sequence[Experiment], text: Catalogue) -> str:
    """Return the names of experiments with their questions, as they were written; nothing where there are none."""
    asked = [(experiment.name, experiment.question) for experiment in experiments]
    return _listing(text("notebook", "experiments"), asked) if asked else ""


def experiment_html(asked: Asked, figure: str, text: Catalogue) -> str:
    """Return an experiment's question, as it was written, above its figure, and how many rows have no value."""
    nothing = "" if figure else text(wording.TOP, "nothing")
    return _filled(
        "experiment.html",
        question=asked.definition.question,
        figure=Markup(figure),
        notes=[note for note in (nothing, missing(asked, text)) if note],
    )


def checked_html(found: Mapping[str, str], text: Catalogue) -> str:
    """Return what became of each value of an answer to an exercise: right, wrong or empty."""
    marks = {"right": "✓", "wrong": "✗", "empty": "…"}
    told = {state: text(TOP, "check", state) for state in marks}
    return _listing("", [(name, f"{marks[state]} {told[state]}") for name, state in found.items()])


def answer_html(answer: Sequence[str], mistakes: Sequence[str], listing: str, text: Catalogue) -> str:
    """Return the answer to an exercise, a file that is part of it, and what is often got wrong."""
    return _filled(
        "answer.html",
        answer=[inline(unlinked(sentence)) for sentence in answer],
        listing=listing,
        mistakes_head=text(TOP, "mistakes"),
        mistakes=[inline(unlinked(sentence)) for sentence in mistakes],
    )


def environments_html(environments: Sequence[provenance.Environment], text: Catalogue) -> str:
    """Return what is known about machines."""
    scene = Scene(Analysis((), (), (), {}, tuple(environments)), text, {}, {}, "")
    machines = components.machine(page.Machine(), scene)["environments"]
    return "".join(_listing("", [(name, value) for name, _, value in machine]) for machine in machines)


def _listing(title: str, pairs: Sequence[tuple[str, object]]) -> str:
    """Return pairs of a name and what it stands for, one a line."""
    return _filled("listing.html", title=title, pairs=pairs)


def _filled(template: str, **context: object) -> str:
    filled: str = templates().get_template(f"notebook/{template}").render(**context).removesuffix("\n")
    return filled
