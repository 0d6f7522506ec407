"""From rows to the deck: analyse, draw, write."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

from analysis.cells import using
from analysis.pool import parallel_map
from analysis.result import Analysis
from bench.names import unknown
from reports import citing, downloads
from reports.build import analysed, order
from reports.catalogue import Catalogue, load_catalogue
from reports.deck import pptx
from reports.deck.drawings import Pictured, Request, drawn, room
from reports.deck.html import html
from reports.deck.slides import slides
from reports.progress import tracked
from reports.scene import Scene
from reports.source import COMMAND, address_of

FORMATS = ("html", "pptx")
THEMES = {"light": "slide-light", "dark": "slide-dark"}
"""Theme of PowerPoint to the style of its drawings; the HTML deck has both."""


def build(
    source: Path, out: Path, language: str = "en", forms: Sequence[str] = FORMATS, theme: str = "light", url: str = ""
) -> list[Path]:
    """Write the deck of a run; see `write`. `source`, `language` and `url` are as for the page."""
    check(forms, theme)
    text = load_catalogue(language)
    url = address_of(source, url)
    return write(analysed(source), out, text, forms, theme, url=url)


def check(forms: Sequence[str], theme: str) -> None:
    """Raise ValueError where a format or the theme is unknown, or what a format needs is not installed."""
    for form in forms:
        if form not in FORMATS:
            raise ValueError(unknown("deck format", form, FORMATS))
    if theme not in THEMES:
        raise ValueError(unknown("theme", theme, THEMES))
    if "pptx" in forms:
        pptx.require()


def write(
    analysis: Analysis,
    out: Path,
    text: Catalogue,
    forms: Sequence[str] = FORMATS,
    theme: str = "light",
    draw: downloads.Draw | None = None,
    url: str = "",
) -> list[Path]:
    """Write the deck of an analysis as `slides.<language>.<format>`.

    Parameters
    ----------
    analysis
        What `analysis.analyse` gives.
    out
        The folder; made where it does not exist.
    text
        The words of a language.
    forms
        Of `FORMATS`.
    theme
        Of `THEMES`, for PowerPoint.
    draw
        How a figure is drawn: `analysis.figures.draw`, unless another is given.
    url
        The page's address, for the credits.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    ValueError
        Where a format or the theme is unknown, or python-pptx is needed and not installed.

    """
    import matplotlib as mpl

    check(forms, theme)
    mpl.use("Agg")
    with using(analysis.cells):
        references = citing.references(analysis, text, url)
        scene = Scene(analysis, text, references, {}, COMMAND)
        told = slides(scene)
        rooms = {slide.figure: room(slide) for slide in told if slide.figure}
        shown = [figure for figure in analysis.figures if figure.id in rooms]
        orders = [order(figure, references[figure.id], text, draw) for figure in shown]
        styles = [style for form, style in (("html", "deck"), ("pptx", THEMES[theme])) if form in forms]
        requests = [Request(each, style, rooms[each.figure.id]) for each in orders for style in styles]
        pictures = parallel_map(drawn, requests, tracked("figures", len(requests)))
        made = {(request.order.figure.id, request.style): picture
                for request, picture in zip(requests, pictures, strict=True)}  # fmt: skip
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for form in forms:
        target = out / f"slides.{text.language}.{form}"
        style = "deck" if form == "html" else THEMES[theme]
        mine = {name: picture for (name, drawn_in), picture in made.items() if drawn_in == style}
        if form == "html":
            inline = {name: cast("str", picture) for name, picture in mine.items()}
            target.write_text(html(told, inline, text), encoding="utf-8", newline="\n")
        else:
            pictured = {name: cast("Pictured", picture) for name, picture in mine.items()}
            authors = references[citing.SUITE].authors
            target.write_bytes(pptx.pptx_bytes(told, pictured, style, text.language, authors))
        written.append(target)
    return written
