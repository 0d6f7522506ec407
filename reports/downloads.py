"""The files of a figure: what the page inlines, what it offers as a download, what stands in `figures/`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from analysis.result import Figure
from bench.names import unknown
from reports import citing
from reports.address import figure_file
from reports.assets import inline_svg, pdf_bytes, png_bytes, svg_bytes, text_uri
from reports.numbers import shown
from reports.panels import panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

Draw = Callable[[Figure, str, Mapping[str, str]], "Canvas"]
"""Draws a figure in a style, with these words: as `analysis.figures.draw`."""

EMBED_LIMIT = 240_000  # characters of a table that the page itself carries; a longer one is linked to
SLIDES = ("slide-light", "slide-dark")
TOLD = ("csv", "bib", "json")
PRINTED = ("svg", "pdf", "png")
"""Endings of a figure's files: of those that need no drawing, and of those that are one."""
PAPER_DPI, SLIDE_DPI = 200, 150
MEDIA = {
    "csv": "text/csv",
    "json": "application/json",
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
    "png": "image/png",
}
"""File ending to media type."""


@dataclass(frozen=True)
class Drawn:
    """A figure, drawn: its SVG for the page, its files by name, its addresses by file ending."""

    svg: str
    alt: str
    files: Mapping[str, bytes]
    language: str

    def addresses(self, figure_id: str) -> dict[str, str]:
        """File ending to address: the data stand in the page itself, drawings beside it."""
        names = {ending: figure_file(figure_id, ending, self.language) for ending in MEDIA}
        found = {ending: f"figures/{name}" for ending, name in names.items()}
        inside = text_uri(self.files[names["csv"]], MEDIA["csv"])
        return found | {"csv": inside} if len(inside) <= EMBED_LIMIT else found


@dataclass(frozen=True)
class Order:
    """A figure to draw, with all that goes into its files: a value that can travel to another process."""

    figure: Figure
    draw: Draw
    labels: Mapping[str, str]
    reference: citing.Reference
    alt: str
    command: str
    headline: str
    """What is found, as the title of a slide."""


def drawn(order: Order) -> Drawn:
    """Draw a figure in every style and write its data, its sidecar and its citation."""
    import matplotlib.pyplot as plt

    figure = order.figure
    pages = order.draw(figure, "page", order.labels)
    named = {"Title": order.reference.title, "Creator": order.reference.authors}
    drawing = svg_bytes(pages, figure.id, named)
    svg = inline_svg(drawing, figure.id, order.reference.title, order.alt, panels(pages))
    plt.close(pages)
    language = order.reference.language
    files = {figure_file(figure.id, ending, language): told(order, ending) for ending in TOLD}
    paper = order.draw(figure, "paper", order.labels)
    files |= {figure_file(figure.id, ending, language): printed(order, paper, ending) for ending in PRINTED}
    plt.close(paper)
    for style in SLIDES:
        slide = order.draw(figure, style, order.labels)
        files[figure_file(figure.id, "png", language, style)] = printed(order, slide, "png", SLIDE_DPI)
        plt.close(slide)
    return Drawn(svg=svg, alt=order.alt, files=files, language=language)


def told(order: Order, ending: str) -> bytes:
    """Return a file of a figure that needs no drawing; `ending` is one of `TOLD`."""
    if ending == "csv":
        return csv_bytes(order.figure.data)
    if ending == "bib":
        return citing.bibtex(order.reference).encode()
    if ending == "json":
        return sidecar(order)
    raise ValueError(unknown("file ending", ending, TOLD))


def printed(order: Order, canvas: Canvas, ending: str, dpi: int = PAPER_DPI) -> bytes:
    """Return a drawing of a figure as a file that says what it shows, who made it and what may be done with it.

    `ending` is one of `PRINTED`.
    """
    figure, reference = order.figure, order.reference
    version = f"{figure.id}@{figure.rows_sha}"
    source = {"Source": reference.url} if reference.url else {}
    rights = {"Identifier": version, **source}
    made = {"Title": reference.title, "Author": reference.authors}
    if ending == "svg":
        named = {"Title": reference.title, "Creator": reference.authors}
        return svg_bytes(canvas, figure.id, named | {"Rights": citing.LICENCE} | rights)
    if ending == "pdf":  # has no field for rights or identifier: readers show these
        subject = {"Subject": reference.url} if reference.url else {}
        return pdf_bytes(canvas, made | {"Keywords": f"{version}, {citing.LICENCE}"} | subject)
    if ending == "png":
        return png_bytes(canvas, made | {"Copyright": citing.LICENCE} | rights, dpi=dpi)
    raise ValueError(unknown("file ending", ending, PRINTED))


def write(item: Drawn, folder: Path) -> None:
    """Write the files of a figure into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in item.files.items():
        (folder / name).write_bytes(content)


def csv_bytes(data: pd.DataFrame) -> bytes:
    """Return the rows of a figure as CSV, every one of them."""
    return str(data.to_csv(index=False, lineterminator="\n")).encode()


def sidecar(order: Order) -> bytes:
    """Return what a machine needs to know about a figure: version, studies, seeds, facts, how to make it again."""
    figure, reference = order.figure, order.reference
    content = {
        "id": figure.id,
        "title": reference.title,
        "headline": order.headline,
        "finding": reference.finding,
        "read": reference.read,
        "rows_sha": figure.rows_sha,
        "rows": len(figure.data),
        "columns": list(figure.data.columns),
        "language": reference.language,
        "studies": list(figure.studies),
        "seeds": figure.seeds,
        "facts": {name: shown(fact) for name, fact in figure.facts.items()},
        "licence": citing.LICENCE,
        "authors": reference.authors,
        "year": reference.year,
        "command": order.command,
        "url": reference.url or None,
    }
    if figure.layout is not None:
        content["experiment"] = figure.layout.definition.as_json()
    return (json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()
