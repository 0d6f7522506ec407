"""A figure of the page: its drawing, finding, how to read it, data, origin, downloads and citations."""

from __future__ import annotations

from analysis.readings.device_times import STUDY
from analysis.result import Figure
from reports import citing, provenance, snippets, wording
from reports.address import figure_file
from reports.catalogue import Catalogue
from reports.data_table import data_table
from reports.downloads import MEDIA, SLIDES
from reports.inline import inline
from reports.scene import Context, Scene

OFFERED = ("png", "svg", "pdf", "csv", "json")  # the order of the downloads


def figure_shown(found: Figure, scene: Scene, *, toggles: bool = False, question: str = "") -> Context:
    """Return what the template of a figure needs; with `toggles` its cells can be shown and hidden.

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
        "series": series(drawn.svg, scene) if toggles else [],
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


def series(svg: str, scene: Scene) -> list[Context]:
    """Return the series of a drawing that can be shown and hidden, by their gid `series-<cell>`."""
    names = []
    for part in svg.split('data-series="series-')[1:]:
        name = part.partition('"')[0].partition("--")[0]
        if name not in names:
            names.append(name)
    return [{"name": name, "label": scene.level("name", name)} for name in names]


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
