"""Citations of a figure and of the whole report: BibTeX, CSL-JSON, APA, LaTeX, Markdown and HTML.

A figure's id is never given to another figure; its version is the hash of its rows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape

from analysis.result import Analysis
from bench.names import unknown
from reports import provenance
from reports.catalogue import Catalogue, load_catalogue
from reports.inline import plain

PROJECT = "recurbench"
LICENCE = "CC-BY-4.0"
LICENCE_URL = "https://creativecommons.org/licenses/by/4.0/"
SUITE = "recurbench"
LATEX_SPECIAL = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "−": r"$-$",
    "×": r"$\times$",
    "σ": r"$\sigma$",
    "λ": r"$\lambda$",
    "∂": r"$\partial$",
    "≈": r"$\approx$",
    "≥": r"$\geq$",
    "≤": r"$\leq$",
    "→": r"$\to$",
    "–": "--",
    "—": "---",
    "’": "'",
    "“": "``",
    "”": "''",
    "\u2009": r"\,",
    "\u202f": r"\,",
    "\u00a0": "~",
}


@dataclass(frozen=True)
class Reference:
    """What a citation needs; `id` is the figure's id, or "recurbench" for the whole report."""

    id: str
    title: str
    caption: str
    authors: str
    year: str
    version: str
    page: str

    @property
    def key(self) -> str:
        """The key in a bibliography."""
        return self.id if self.id == SUITE else f"{SUITE}-{self.id}"

    @property
    def address(self) -> str:
        """Where it stands in the page."""
        return self.page if self.id == SUITE else f"{self.page}#{self.id}"


def references(analysis: Analysis, text: Catalogue) -> dict[str, Reference]:
    """Return the report and each of its figures, by id."""
    year = provenance.day(analysis.environments)[:4] or text("citing", "no_date")
    authors = text("citing", "authors")
    page = f"report.{text.language}.html"
    versions = "\n".join(f"{figure.id} {figure.rows_sha}" for figure in analysis.figures)
    suite = Reference(
        id=SUITE,
        title=text("page", "title"),
        caption=text("page", "subtitle"),
        authors=authors,
        year=year,
        version=hashlib.sha256(versions.encode()).hexdigest()[:12],
        page=page,
    )
    figures = {
        figure.id: Reference(
            id=figure.id,
            title=plain(text("figures", figure.id, "title")),
            caption=plain(text.told("figures", figure.id, "caption", facts=figure.facts)),
            authors=authors,
            year=year,
            version=figure.rows_sha,
            page=page,
        )
        for figure in analysis.figures
    }
    return {SUITE: suite, **figures}


def bibtex(reference: Reference) -> str:
    """Return an entry for a `.bib` file."""
    fields = {
        "author": "{" + latex_escape(reference.authors) + "}",
        "title": "{" + latex_escape(reference.title) + "}",
        "year": reference.year,
        "version": reference.version,
        "howpublished": latex_escape(f"{PROJECT}, {reference.address}"),
        "note": latex_escape(f"Data version {reference.version}; {LICENCE}"),
    }
    body = ",\n".join(f"  {name:<12} = {{{value}}}" for name, value in fields.items())
    return f"@misc{{{reference.key},\n{body}\n}}\n"


def csl_json(reference: Reference) -> str:
    """Return a CSL-JSON item, as reference managers import it."""
    item: dict[str, object] = {
        "id": reference.key,
        "type": "report" if reference.id == SUITE else "figure",
        "title": reference.title,
        "author": [{"literal": reference.authors}],
        "version": reference.version,
        "container-title": PROJECT,
        "note": f"{reference.address}; {LICENCE}",
    }
    if reference.year.isdigit():
        item["issued"] = {"date-parts": [[int(reference.year)]]}
    return json.dumps([item], ensure_ascii=False, indent=2) + "\n"


def apa(reference: Reference) -> str:
    """One line in the style of the APA, seventh edition."""
    return (
        f"{reference.authors}. ({reference.year}). {reference.title} "
        f"(Version {reference.version}) [{'Report' if reference.id == SUITE else 'Figure'}]. "
        f"{PROJECT}, {reference.address}. {LICENCE}"
    )


def latex(reference: Reference) -> str:
    """Return a snippet for a paper or a Beamer slide; a plain citation for the whole report."""
    if reference.id == SUITE:
        return f"\\cite{{{reference.key}}}\n"
    return (
        "\\begin{figure}\n  \\centering\n"
        f"  \\includegraphics[width=\\linewidth]{{{reference.id}.pdf}}\n"
        f"  \\caption{{{latex_escape(reference.caption)} \\cite{{{reference.key}}}}}\n"
        f"  \\label{{fig:{reference.id}}}\n"
        "\\end{figure}\n"
    )


def markdown(reference: Reference) -> str:
    """Return an image with its source, for Markdown, Quarto, Jupyter and Reveal.js."""
    source = f"*{reference.title}*. {reference.authors}, {reference.year}, version {reference.version}, {LICENCE}."
    if reference.id == SUITE:
        return f"[{reference.title}]({reference.address}). {source}\n"
    return f"![{reference.title}](figures/{reference.id}.svg)\n\n{source}\n"


def html(reference: Reference) -> str:
    """Return a figure element with its source, for a web page or a learning platform."""
    source = (
        f"{escape(reference.title)}. {escape(reference.authors)}, {escape(reference.year)}, "
        f'version {escape(reference.version)}, <a href="{LICENCE_URL}">{LICENCE}</a>.'
    )
    if reference.id == SUITE:
        return f'<cite><a href="{escape(reference.address)}">{source}</a></cite>\n'.replace(
            f'<a href="{LICENCE_URL}">{LICENCE}</a>', LICENCE
        )
    image = f'<img src="figures/{reference.id}.svg" alt="{escape(reference.caption)}">'
    return f"<figure>\n  {image}\n  <figcaption>{source}</figcaption>\n</figure>\n"


FORMATS: Mapping[str, Callable[[Reference], str]] = {
    "bibtex": bibtex,
    "csl": csl_json,
    "apa": apa,
    "latex": latex,
    "markdown": markdown,
    "html": html,
}
"""Format name to the function that writes it."""


def render(reference: Reference, form: str) -> str:
    """Return the citation in one of the `FORMATS`."""
    if form not in FORMATS:
        raise ValueError(unknown("citation format", form, FORMATS))
    return FORMATS[form](reference)


def cite(figure_id: str, form: str, analysis: Analysis, language: str = "en") -> str:
    """Return the citation of a figure, or of the whole report where `figure_id` is "recurbench".

    Raises
    ------
    ValueError
        Where the analysis has no such figure, or the format is unknown.

    """
    known = references(analysis, load_catalogue(language))
    if figure_id not in known:
        raise ValueError(unknown("figure", figure_id, known, "this run has"))
    return render(known[figure_id], form)


def latex_escape(text: str) -> str:
    """Return the text with the characters that LaTeX reads as commands written out."""
    return "".join(LATEX_SPECIAL.get(character, character) for character in text)
