"""Figures as files, without a page: those that are asked for, in the variants, languages and formats that are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.cells import using
from analysis.pool import parallel_map
from bench.names import unknown
from reports import citing, downloads
from reports.address import figure_file
from reports.build import built, order
from reports.catalogue import load_catalogue
from reports.progress import tracked
from reports.source import address_of

VARIANTS = ("page", "paper", "slide-light", "slide-dark")
FORMATS = ("png", "pdf", "svg", "csv")
USUAL = "paper"
"""The variant whose files have no mark in their names, as beside the page."""


@dataclass(frozen=True)
class Request:
    """A figure to draw in one variant, and in which formats to save it."""

    order: downloads.Order
    variant: str
    formats: tuple[str, ...]


def write(
    source: Path,
    out: Path,
    ids: Sequence[str] = (),
    variants: Sequence[str] = (USUAL,),
    languages: Sequence[str] = ("en",),
    formats: Sequence[str] = ("png",),
    url: str = "",
) -> list[Path]:
    """Write figures of a run as files; only what they need is built, and nothing is judged.

    Parameters
    ----------
    source
        A store, an exported folder, or the name of a committed run.
    out
        The folder; made where it does not exist.
    ids
        Of figures; all that the rows suffice for where there are none.
    variants, languages, formats
        Of `VARIANTS`, of the catalogues, of `FORMATS`; every combination is written. A figure's rows (csv) are the
        same in all variants and languages, and are written once.
    url
        The page's address, for credits and metadata.

    Returns
    -------
    list of Path
        The files, in the order of the figures.

    Raises
    ------
    ValueError
        Where a figure, variant, language or format is unknown, or the rows do not suffice for a figure that was named.

    """
    import matplotlib as mpl

    for kind, given, allowed in (("variant", variants, VARIANTS), ("figure format", formats, FORMATS)):
        for name in given:
            if name not in allowed:
                raise ValueError(unknown(kind, name, allowed))
    texts = [load_catalogue(language) for language in dict.fromkeys(languages)]
    url = address_of(source, url)
    figures, environments = built(source, ids)
    mpl.use("Agg")
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    written, requests = [], []
    printed = tuple(form for form in FORMATS if form in formats and form in downloads.PRINTED)
    for figure in figures:
        if "csv" in formats:
            written.append(out / figure_file(figure.id, "csv", "en"))
            written[-1].write_bytes(downloads.csv_bytes(figure.data))
        with using(figure.cells):
            for text in texts if printed else ():
                ordered = order(figure, citing.of_figure(figure, environments, text, url), text)
                requests += [Request(ordered, variant, printed) for variant in dict.fromkeys(variants)]
    for files in parallel_map(_drawn, requests, tracked("figures", len(requests))):
        for name, content in files.items():
            (out / name).write_bytes(content)
            written.append(out / name)
    return written


def _drawn(request: Request) -> dict[str, bytes]:
    """Draw a figure once and return its files by name."""
    import matplotlib.pyplot as plt

    order, variant = request.order, request.variant
    canvas = order.draw(order.figure, variant, order.labels)
    mark = "" if variant == USUAL else variant
    dpi = downloads.SLIDE_DPI if variant in downloads.SLIDES else downloads.PAPER_DPI
    files = {
        figure_file(order.figure.id, form, order.reference.language, mark): downloads.printed(order, canvas, form, dpi)
        for form in request.formats
    }
    plt.close(canvas)
    return files
