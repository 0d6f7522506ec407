"""A figure of the page: its drawing, finding, how to read it, data, origin, downloads and citations."""

from __future__ import annotations

import re

from analysis.readings.device_times import STUDY
from analysis.result import Figure
from reports import citing, provenance, snippets, wording
from reports.address import figure_file
from reports.catalogue import Catalogue
from reports.data_table import data_table
from reports.downloads import MEDIA, SLIDES
from reports.inline import inline
from reports.numbers import level_as_number
from reports.scene import Context, Scene, level

SERIES = re.compile('data-series="series-([^"]+)"')
COUNTED = re.compile(r"(?P<word>[a-z]+)(?P<number>-?\d+(?:\.\d+)?)")
KINDS = ("cell", "backend", "direction", "norm", "activation")  # variables whose levels a figure compares as series
OFFERED = ("png", "svg", "pdf", "csv", "json")  # the order of the downloads


def figure_shown(found: Figure, scene: Scene, *, question: str = "") -> Context:
    """Return what the template of a figure needs.

    A `question` that a user asked stands below the title, as it was written.
    """
    drawn = scene.drawn[found.id]
    reference = scene.references[found.id]
    addresses = drawn.addresses(found.id)
    return {
        "id": found.id,
        "number": [item.id for item in scene.analysis.every_figure].index(found.id) + 1,
        "title": inline(wording.title(found.id, scene.text)),
        "question": question,
        "missing": False,
        "svg": drawn.svg,
        "finding": inline(wording.finding(found, scene.text)),
        "read": inline(wording.how(found, scene.text)),
        "table": data_table(found, scene.text),
        "series": series(drawn.svg, scene.text),
        "valued": 'data-panels="[[' in drawn.svg,
        "provenance": figure_provenance(found, scene),
        "downloads": [
            {
                "label": ending.upper(),
                "href": addresses[ending],
                "name": figure_file(reference.key, ending, reference.language),
            }
            for ending in sorted(MEDIA, key=OFFERED.index)
        ]
        + [
            {
                "label": scene.text("ui", style.replace("-", "_")),
                "href": f"figures/{figure_file(found.id, 'png', reference.language, style)}",
                "name": figure_file(reference.key, "png", reference.language, style),
            }
            for style in SLIDES
        ],
        "citations": citations(reference, scene.text),
    }


def series(svg: str, text: Catalogue) -> list[Context]:
    """Return the series of a drawing that can be shown and hidden, by their gid `series-<name>`; none where it has one.

    A name is that of a cell, or of a level that the drawing compares; `bias-2` is a bias of -2.
    """
    names = dict.fromkeys(gid.partition("--")[0].removesuffix("-band") for gid in SERIES.findall(svg))
    return [{"name": name, "label": series_word(name, text)} for name in names] if len(names) > 1 else []


def series_word(name: str, text: Catalogue) -> str:
    """Return the word for a series: "LSTM", "PyTorch", "bias −2"."""
    for kind in KINDS:
        if text.has("levels", kind, name):
            return text("levels", kind, name)
    counted = COUNTED.fullmatch(name)
    if counted and text.has("levels", "series", counted["word"]):
        return f"{text('levels', 'series', counted['word'])} {level_as_number(counted['number'])}"
    return level("name", name, text)


def figure_provenance(found: Figure, scene: Scene) -> list[tuple[str, str]]:
    """Label and value of each piece of a figure's origin."""
    text, environments = scene.text, scene.analysis.environments
    pieces = [
        (text("ui", "studies"), ", ".join(found.studies)),
        (text("ui", "machine"), provenance.machine(environments)),
        (text("environment", "gpu"), provenance.gpu(environments) if STUDY in found.studies else ""),
        (text("ui", "commit"), provenance.commit(environments)),
        (text("ui", "day"), provenance.day(environments)),
        (text("ui", "seeds"), str(found.seeds) if found.seeds else ""),
        (text("ui", "rows"), found.rows_sha),
    ]
    return [(label, value) for label, value in pieces if value]


def citations(reference: citing.Reference, text: Catalogue) -> list[Context]:
    """Each format of a citation with its name."""
    return [
        {"form": form, "name": text("citing", form), "text": citing.render(reference, form).strip()}
        for form in ("bibtex", "apa", "latex", "markdown", "html", "csl")
    ] + [
        {"form": form, "name": text("citing", form), "text": snippets.render(reference, form).strip()}
        for form in snippets.FORMATS
        if reference.id != citing.SUITE
    ]
