"""From a block of the page to what its template needs: pure functions, no HTML but that of the small markup."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from analysis import cells
from analysis.result import VERDICTS, Cell
from reports import citing, page, provenance
from reports.alternatives import alternatives
from reports.asked import experiments
from reports.cards import verdicts
from reports.catalogue import Catalogue
from reports.dial import forget_dial
from reports.equations import DEFINITIONS
from reports.figure_block import citations, figure_shown
from reports.inline import inline, mathml
from reports.laboratory.blocks import cell_laboratory, gradient_laboratory
from reports.numbers import shown
from reports.scene import Context, Scene, level, slug
from reports.works import WORKS

FOLDED_ROWS = 12  # a longer table is folded
FORMS = {"tolerance": "± {}"}  # how a column writes its numbers, where that is not the number alone


def prose(block: page.Prose, scene: Scene) -> Context:
    """Paragraphs; those that need an unknown fact are left out."""
    filled = (
        scene.text.filled(part, scene.facts) for part in scene.text.sentences("chapters", block.chapter, block.part)
    )
    return {"paragraphs": [inline(part) for part in filled if part is not None]}


def figure(block: page.FigureBlock, scene: Scene) -> Context:
    """Return a figure, or the note that says what it would take to have it."""
    found = next((item for item in scene.analysis.figures if item.id == block.figure_id), None)
    title = scene.text("figures", block.figure_id, "title")
    if found is None:
        studies = scene.analysis.missing[block.figure_id].split(", ")
        return {
            "id": block.figure_id,
            "title": inline(title),
            "missing": True,
            "needs": " + ".join(scene.text("studies", study) for study in studies),
        }
    return figure_shown(found, scene)


def absent(item: page.Section, scene: Scene) -> Context:
    """Return the note in place of a chapter of which nothing was measured; its figures' anchors lead to it."""
    title, *paragraphs = scene.text.sentences("chapters", item.id, "absent")
    return {"ids": item.figure_ids(), "title": inline(title), "paragraphs": [inline(part) for part in paragraphs]}


def table(block: page.TableBlock, scene: Scene) -> Context:
    """Return a small table of the analysis; a long one is folded."""
    found = next((item for item in scene.analysis.tables if item.id == block.table_id), None)
    if found is None:
        return {"missing": True}
    path = ("tables", found.id)
    words = [scene.text.has("levels", column) for column in found.columns]
    return {
        "missing": False,
        "id": f"table-{found.id}",
        "title": scene.text(*path, "title"),
        "caption": inline(scene.text.told(*path, "caption", facts=found.facts)),
        "folded": len(found.rows) > FOLDED_ROWS,
        "heads": [(_head(column, scene.text), not word) for column, word in zip(found.columns, words, strict=True)],
        "rows": [
            [
                (table_cell(column, cell, scene), not word)
                for column, word, cell in zip(found.columns, words, row, strict=True)
            ]
            for row in found.rows
        ],
    }


def table_cell(column: str, cell: Cell, scene: Scene) -> str:
    """Return the word for a level, or the number in the form of its column."""
    if isinstance(cell, (str, bool)):
        return scene.level(column, str(cell))
    return FORMS.get(column, "{}").format(shown(cell))


def _head(column: str, text: Catalogue) -> str:
    """Return the head of a table's column: a cell's label, or the catalogue's word."""
    return level("cell", column, text) if column in cells.known() else text("columns", column)


def equations(block: page.Equations, scene: Scene) -> Context:
    """Return the equations of all cells, each line with what it does; a cell without an entry has its label alone."""
    return {"cells": [_equations_of(cell, scene.text) for cell in scene.analysis.cells.known if cell.equation]}


def _equations_of(cell: cells.Cell, text: Catalogue) -> Context:
    """Return the equations of one cell."""

    def words(name: str) -> Any:
        return inline(text("equations", cell.name, name)) if text.has("equations", cell.name, name) else ""

    return {
        "id": f"equations-{cell.name}",
        "title": words("title") or level("name", cell.name, text),
        "note": words("note"),
        "lines": [(mathml(latex, "block"), words(name)) for name, latex in cell.equation],
    }


def definitions(block: page.Definitions, scene: Scene) -> Context:
    """Return the quantities and words of the methods chapter: anchor, term, formula (words have none), meaning."""
    return {
        "lines": [
            (
                f"definition-{name}",
                inline(scene.text("definitions", name, "term")),
                mathml(latex, "block") if latex else "",
                inline(scene.text("definitions", name, "meaning")),
            )
            for name, latex in DEFINITIONS
        ]
    }


def initialisations(block: page.Initialisations, scene: Scene) -> Context:
    """Return what each initialisation draws: anchor, name, words."""
    path = "initialisations"
    return {
        "lines": [
            (
                f"initialisation-{name}",
                inline(scene.text(path, name, "term")),
                inline(scene.text(path, name, "meaning")),
            )
            for name in scene.text.keys(path)
        ]
    }


def decisions(block: page.Decisions, scene: Scene) -> Context:
    """Each verdict with its rule."""
    return {
        "lines": [
            (
                slug(verdict),
                scene.text("verdicts", slug(verdict), "name"),
                inline(scene.text("verdicts", slug(verdict), "rule")),
            )
            for verdict in VERDICTS
        ]
    }


def notation(block: page.Notation, scene: Scene) -> Context:
    """Return what a slide writes, what is meant, and why."""
    return {
        "lines": [
            {"slide": inline(line["slide"]), "report": inline(line["report"]), "why": inline(line["why"])}
            for line in scene.text.records("notation", "lines")
        ]
    }


def machine(block: page.Machine, scene: Scene) -> Context:
    """Return the environments of the run, name by name; names that the catalogue does not know stand as they are."""
    known = scene.text.table("environment")
    order = {name: place for place, name in enumerate(known)}
    none = scene.text("ui", "none")
    found = []
    for environment in scene.analysis.environments:
        told = list(provenance.flat(environment))
        if "gpu" in environment and environment["gpu"] is None:
            told.append(("gpu", none))
        told.sort(key=lambda pair: order.get(pair[0], len(order)))
        found.append([(known.get(name, name), name in known, level("worked", text, scene.text)) for name, text in told])
    return {"environments": found}


def cite_suite(block: page.CiteSuite, scene: Scene) -> Context:
    """Return the citations of the whole report."""
    return {"citations": citations(scene.references[citing.SUITE], scene.text)}


def references(block: page.References, scene: Scene) -> Context:
    """Return the works that the page cites."""
    return {"works": WORKS}


COMPONENTS: Mapping[type, tuple[str, Callable[[Any, Scene], Context]]] = {
    page.Prose: ("prose", prose),
    page.Verdicts: ("verdicts", verdicts),
    page.FigureBlock: ("figure", figure),
    page.TableBlock: ("table", table),
    page.Equations: ("equations", equations),
    page.ForgetDial: ("forget-dial", forget_dial),
    page.GradientLaboratory: ("gradient-laboratory", gradient_laboratory),
    page.CellLaboratory: ("cell-laboratory", cell_laboratory),
    page.Experiments: ("experiments", experiments),
    page.Definitions: ("definitions", definitions),
    page.Initialisations: ("initialisations", initialisations),
    page.Decisions: ("decisions", decisions),
    page.Alternatives: ("alternatives", alternatives),
    page.Notation: ("notation", notation),
    page.Machine: ("machine", machine),
    page.CiteSuite: ("cite", cite_suite),
    page.References: ("references", references),
}
"""Block to the name of its template and the function that fills it."""
