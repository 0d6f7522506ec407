"""Citations of a figure and of the whole report: BibTeX, CSL-JSON, APA, LaTeX, Markdown and HTML.

A figure's id is never given to another figure; its version is the hash of its rows.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape

from analysis.result import Analysis, Figure
from bench.names import unknown
from reports import provenance, wording
from reports.address import beside, checked_url, figure_file, in_language, page_file
from reports.catalogue import Catalogue
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
LOWERED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
RAISED = re.compile("([⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺]+)")
"""Exponents in raised digits, which fonts of LaTeX do not have."""


@dataclass(frozen=True)
class Reference:
    """What a citation needs; `id` is the figure's id, or "recurbench" for the whole report."""

    id: str
    title: str
    finding: str
    """What is found, without markup; empty where the rows suffice for no sentence of it."""
    authors: str
    year: str
    version: str
    language: str
    """Of title and caption."""
    words: Mapping[str, str]
    """Words of the citation itself, `[citing]` of the catalogue."""
    page_url: str = ""
    """Address of the page; empty where it has none that others can reach."""
    read: str = ""
    """How the figure is read, without markup; the whole report has none."""
    headline: str = ""
    """What is found, as the title of a slide; the whole report has none."""

    @property
    def key(self) -> str:
        """The key in a bibliography."""
        return self.id if self.id == SUITE else f"{SUITE}-{self.id}"

    @property
    def caption(self) -> str:
        """What is found, then how to read it."""
        return " ".join(part for part in (self.finding, self.read) if part)

    @property
    def address(self) -> str:
        """Where it stands: in the page at its address, else in the page's file."""
        page = self.page_url or page_file(self.language)
        return page if self.id == SUITE else f"{page}#{self.id}"

    @property
    def url(self) -> str:
        """The address where others can reach it, or an empty text."""
        return self.address if self.page_url else ""

    @property
    def of_version(self) -> str:
        """Its version, with the word for it."""
        return f"{self.words['version']} {self.version}"

    def file(self, ending: str) -> str:
        """Return where a file of the figure lies."""
        return beside(self.page_url, f"figures/{figure_file(self.id, ending, self.language)}")


def references(analysis: Analysis, text: Catalogue, url: str = "") -> dict[str, Reference]:
    """Return the report and each of its figures, by id, experiments last; `url` is the page's, if it has one.

    An address that ends with the file of a page in another language is that of this language's page beside it.
    """
    suite = of_suite(analysis.every_figure, analysis.environments, text, url)
    figures = (of_figure(figure, analysis.environments, text, url) for figure in analysis.every_figure)
    return {SUITE: suite, **{reference.id: reference for reference in figures}}


def of_suite(
    figures: Iterable[Figure], environments: Sequence[provenance.Environment], text: Catalogue, url: str = ""
) -> Reference:
    """Return what a citation of the whole report needs; its version is the hash of those of all figures."""
    versions = "\n".join(sorted(f"{figure.id} {figure.rows_sha}" for figure in figures))
    version = hashlib.sha256(versions.encode()).hexdigest()[:12]
    return _reference(SUITE, text("page", "title"), text("page", "subtitle"), version, environments, text, url)


def of_figure(
    figure: Figure, environments: Sequence[provenance.Environment], text: Catalogue, url: str = ""
) -> Reference:
    """Return what a citation of a figure needs."""
    title = plain(wording.title(figure.id, text))
    finding, read = (plain(part(figure, text)) for part in (wording.finding, wording.how))
    made = _reference(figure.id, title, finding, figure.rows_sha, environments, text, url, read)
    return replace(made, headline=plain(wording.headline(figure, text)))


def _reference(
    identifier: str,
    title: str,
    caption: str,
    version: str,
    environments: Sequence[provenance.Environment],
    text: Catalogue,
    url: str,
    read: str = "",
) -> Reference:
    """Add authors, year, language and address to what is cited."""
    return Reference(
        identifier,
        title,
        caption,
        text("citing", "authors"),
        provenance.day(environments)[:4] or text("citing", "no_date"),
        version,
        text.language,
        text.table("citing"),
        url and in_language(checked_url(url), text.language),
        read,
    )


def bibtex(reference: Reference) -> str:
    """Return an entry for a `.bib` file."""
    fields = {
        "author": "{" + latex_escape(reference.authors) + "}",
        "title": "{" + latex_escape(reference.title) + "}",
        "year": reference.year,
        "version": reference.version,
        "langid": reference.words["langid"],
        "howpublished": PROJECT if reference.url else latex_escape(f"{PROJECT}, {reference.address}"),
        "url": reference.url,  # styles print it as it stands
        "note": latex_escape(f"{reference.words['data_version']} {reference.version}; {LICENCE}"),
    }
    body = ",\n".join(f"  {name:<12} = {{{value}}}" for name, value in fields.items() if value)
    return f"@misc{{{reference.key},\n{body}\n}}\n"


def csl_json(reference: Reference) -> str:
    """Return a CSL-JSON item, as reference managers import it."""
    item: dict[str, object] = {
        "id": reference.key,
        "type": "report" if reference.id == SUITE else "figure",
        "title": reference.title,
        "abstract": reference.caption,
        "author": [{"literal": reference.authors}],
        "version": reference.version,
        "container-title": PROJECT,
        "language": reference.language,
        "note": LICENCE if reference.url else f"{reference.address}; {LICENCE}",
    }
    if reference.url:
        item["URL"] = reference.url
    if reference.year.isdigit():
        item["issued"] = {"date-parts": [[int(reference.year)]]}
    return json.dumps([item], ensure_ascii=False, indent=2) + "\n"


def apa(reference: Reference) -> str:
    """One line in the style of the APA, seventh edition."""
    where = f"{PROJECT}. {reference.url} {LICENCE}" if reference.url else f"{PROJECT}, {reference.address}. {LICENCE}"
    kind = reference.words["report" if reference.id == SUITE else "figure"]
    version = capital(reference.of_version)
    return f"{reference.authors}. ({reference.year}). {reference.title} ({version}) [{kind}]. {where}"


def latex(reference: Reference) -> str:
    """Return a snippet for a paper or a Beamer slide; a plain citation for the whole report.

    The address stands in a comment: what is cited prints it, and its # would have to be written otherwise in a frame.
    """
    source = f"% {reference.url}\n" if reference.url else ""
    if reference.id == SUITE:
        return f"{source}\\cite{{{reference.key}}}\n"
    return source + (
        "\\begin{figure}\n  \\centering\n"
        f"  \\includegraphics[width=\\linewidth]{{{reference.id}.pdf}}\n"
        f"  \\caption{{{latex_escape(reference.caption)} \\cite{{{reference.key}}}}}\n"
        f"  \\label{{fig:{reference.id}}}\n"
        "\\end{figure}\n"
    )


def markdown(reference: Reference) -> str:
    """Return an image with its source, for Markdown, Quarto, Jupyter and Reveal.js."""
    rest = f"{reference.authors}, {reference.year}, {reference.of_version}, {LICENCE}."
    title = f"*{reference.title}*"
    if reference.id == SUITE:
        return f"[{reference.title}]({_target(reference.address)}). {title}. {rest}\n"
    told = f"[{title}]({_target(reference.url)})" if reference.url else title
    return f"![{reference.title}]({_target(reference.file('svg'))})\n\n{told}. {rest}\n"


def _target(address: str) -> str:
    """Return an address as Markdown takes it as a link's target; parentheses would end it."""
    return address.replace("(", "%28").replace(")", "%29")


def html(reference: Reference) -> str:
    """Return a figure element with its source, for a web page or a learning platform."""
    title = escape(reference.title)
    if reference.url and reference.id != SUITE:
        title = f'<a href="{escape(reference.url)}">{title}</a>'
    source = (
        f"{title}. {escape(reference.authors)}, {escape(reference.year)}, "
        f'{escape(reference.of_version)}, <a href="{LICENCE_URL}">{LICENCE}</a>.'
    )
    if reference.id == SUITE:
        return f'<cite><a href="{escape(reference.address)}">{source}</a></cite>\n'.replace(
            f'<a href="{LICENCE_URL}">{LICENCE}</a>', LICENCE
        )
    image = f'<img src="{escape(reference.file("svg"))}" alt="{escape(reference.caption)}">'
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


def capital(text: str) -> str:
    """Return the text with its first letter a capital one."""
    return text[:1].upper() + text[1:]


def latex_escape(text: str) -> str:
    """Return the text with the characters that LaTeX reads as commands, or does not know, written out."""
    parts = RAISED.split(text)  # plain, raised, plain, ...
    parts[::2] = ["".join(LATEX_SPECIAL.get(character, character) for character in part) for part in parts[::2]]
    parts[1::2] = [f"$^{{{part.translate(LOWERED)}}}$" for part in parts[1::2]]
    return "".join(parts)
