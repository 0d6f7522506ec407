"""Cite a figure, or the suite."""

from __future__ import annotations

import argparse

from recurbench.places import add_language, add_source, add_url, source_of

TEXT = "print the citation of a figure, or of the suite"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("figure", nargs="?", help="figure id, as on the page; the suite if left out")
    parser.add_argument(
        "--format",
        default="bibtex",
        help="bibtex (default), csl, apa, latex, markdown, html; beamer, quarto, reveal, jupyter, moodle",
    )
    add_language(parser, "language of title and caption, and of the page that is cited")
    add_url(parser)
    add_source(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the citation."""
    from reports.build import citation

    print(citation(source_of(arguments), arguments.figure, arguments.format, arguments.language, arguments.url))
    return 0
