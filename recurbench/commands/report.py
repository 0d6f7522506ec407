"""Write the page."""

from __future__ import annotations

import argparse
from pathlib import Path

from recurbench.places import PAGES, add_language, add_source, add_url, source_of

TEXT = "write the HTML page from measured rows"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("--out", type=Path, default=PAGES, help=f"folder for the page (default {PAGES})")
    add_language(parser, "language of the page; several, or all: a page for each", nargs="+")
    parser.add_argument("--open", action="store_true", help="open the page in the browser")
    add_url(parser)
    add_source(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the page, or one for each language, and say where it is."""
    from reports.build import build_pages
    from reports.source import keep_address

    source = source_of(arguments)
    if arguments.url and keep_address(source, arguments.url):
        print(f"{arguments.url} is kept in {source}: later pages, citations and exports have it too")
    pages = [page.resolve() for page in build_pages(source, arguments.out, arguments.language, arguments.url)]
    print("\n".join([f"rows: {source}", *(f"page: {page}" for page in pages)]))
    if arguments.open:
        import webbrowser

        webbrowser.open(pages[0].as_uri())
    return 0
