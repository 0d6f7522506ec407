"""A figure to paste where a lecture is written: Beamer, Quarto, Reveal.js, Jupyter, Moodle or Canvas.

Each has the finding as a title, the figure, what it says in words for those who do not see it, and its credit. Paths
are those of `recurbench figures`, or the page's address where it has one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import escape

from bench.names import unknown
from reports import citing, slide
from reports.address import figure_file

MARKDOWN_SPECIAL = re.compile(r"([\\`*_{}\[\]<>$#|])")


def beamer(reference: citing.Reference) -> str:
    """Return a frame; the file lies beside the slides."""
    name = figure_file(reference.id, "pdf", reference.language)
    return (
        f"\\begin{{frame}}{{{citing.latex_escape(_title(reference))}}}\n"
        "  \\centering\n"
        f"  \\includegraphics[width=\\linewidth,height=.75\\textheight,keepaspectratio]{{{name}}}\n\n"
        f"  {{\\tiny {citing.latex_escape(slide.credit(reference))}}}\n"
        f"  \\note{{{citing.latex_escape(reference.read)}}}\n"
        "\\end{frame}\n"
    )


def quarto(reference: citing.Reference) -> str:
    """Return a slide, or a section, with a figure that can be referred to and with its alternative text."""
    alt = reference.caption.replace("\\", "\\\\").replace('"', '\\"')
    return (
        f"## {_markdown(_title(reference))}\n\n"
        f"![{_markdown(slide.credit(reference))}]({_target(reference)})"
        f'{{#fig-{reference.id} fig-alt="{alt}"}}\n\n'
        f"::: {{.notes}}\n{_markdown(reference.read)}\n:::\n"
    )


def reveal(reference: citing.Reference) -> str:
    """Return a section of Reveal.js, with a presenter's note."""
    return (
        "<section>\n"
        f"  <h2>{escape(_title(reference))}</h2>\n"
        f'  <img class="r-stretch" src="{escape(reference.file("svg"))}" alt="{escape(reference.caption)}">\n'
        f"  <p><small>{_credit(reference)}</small></p>\n"
        f'  <aside class="notes">{escape(reference.read)}</aside>\n'
        "</section>\n"
    )


def jupyter(reference: citing.Reference) -> str:
    """Return a cell of Python that needs IPython alone."""
    file = reference.file("png")
    where = f"url={file!r}" if reference.url else f"filename={file!r}"
    words = f"**{_markdown(_title(reference))}**", _markdown(slide.credit(reference))
    return (
        "from IPython.display import Image, Markdown, display\n\n"
        f"display(Markdown({words[0]!r}))\n"
        f"display(Image({where}, alt={reference.caption!r}))\n"
        f"display(Markdown({words[1]!r}))\n"
    )


def moodle(reference: citing.Reference) -> str:
    """Return HTML of the few elements that the editors of Moodle and Canvas keep: a picture, not a drawing."""
    return (
        f"<h4>{escape(_title(reference))}</h4>\n"
        f'<p><img src="{escape(reference.file("png"))}" alt="{escape(reference.caption)}" width="100%"></p>\n'
        f"<p>{escape(reference.finding)}</p>\n"
        f"<p><small>{_credit(reference)}</small></p>\n"
    )


FORMATS: Mapping[str, Callable[[citing.Reference], str]] = {
    "beamer": beamer,
    "quarto": quarto,
    "reveal": reveal,
    "jupyter": jupyter,
    "moodle": moodle,
}
"""Where a snippet is pasted to the function that writes it."""


def render(reference: citing.Reference, form: str) -> str:
    """Return the snippet of a figure; ValueError where the format is unknown, or for the whole report."""
    if form not in FORMATS:
        raise ValueError(unknown("snippet", form, FORMATS))
    if reference.id == citing.SUITE:
        raise ValueError(f"format {form!r} is of one figure; allowed without one: {', '.join(citing.FORMATS)}")
    return FORMATS[form](reference)


def _title(reference: citing.Reference) -> str:
    return reference.headline or reference.title


def _credit(reference: citing.Reference) -> str:
    """Return the credit, its address as a link."""
    found = escape(slide.credit(reference))
    address = escape(reference.url)
    return found.replace(address, f'<a href="{address}">{address}</a>') if address else found


def _markdown(text: str) -> str:
    """Return a text as Markdown shows it as it is."""
    return MARKDOWN_SPECIAL.sub(r"\\\1", text)


def _target(reference: citing.Reference) -> str:
    return reference.file("svg").replace("(", "%28").replace(")", "%29")
