"""A figure of the page: its drawing, finding, how to read it, data, origin, downloads and citations."""

from __future__ import annotations

from collections.abc import Mapping

from analysis.readings.device_times import STUDY
from analysis.result import Figure
from reports import citing, provenance, snippets, wording
from reports.address import figure_file
from reports.catalogue import Catalogue
from reports.downloads import MEDIA, SLIDES
from reports.inline import inline
from reports.numbers import show_number
from reports.scene import Context, Scene, level

ROWS_SHOWN = 200  # rows of a figure's data in the page; the CSV has them all
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


def data_table(found: Figure, text: Catalogue) -> Context:
    """Return the rows of a figure, as texts; numbers are marked so that they align."""
    data = found.data.head(ROWS_SHOWN)
    numeric = [bool(kind.kind in "iuf") for kind in data.dtypes]
    words = wording.labels(found.id, text)
    return {
        "heads": [(column_head(found, str(name), text), num) for name, num in zip(data, numeric, strict=True)],
        "rows": [
            [
                (show_number(float(value)) if is_number else _told(str(name), str(value), words, text), is_number)
                for name, value, is_number in zip(data, row, numeric, strict=True)
            ]
            for row in data.itertuples(index=False, name=None)
        ],
        "total": len(found.data),
        "shown": len(data),
    }


def _told(variable: str, name: str, words: Mapping[str, str], text: Catalogue) -> str:
    """Return the word for a level: that of the figure's drawing, else that of every table; on one line."""
    return " ".join((words.get(f"{variable}.{name}") or level(variable, name, text)).split())


def column_head(found: Figure, column: str, text: Catalogue) -> str:
    """Return the head of a column of a figure's data; a figure that keeps logarithms there has a word of its own."""
    own = f"{found.id}.{column}" if found.layout is None else f"experiment-{found.layout.scale}.{column}"
    return text("columns", own if text.has("columns", own) else column)


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
