"""Write figures as files."""

from __future__ import annotations

import argparse
from pathlib import Path

from recurbench.places import FIGURES, add_source, add_url, source_of

TEXT = "write figures as files: for a paper, a page or a slide"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("ids", nargs="*", metavar="ID", help="figure ids, as on the page; all if left out")
    parser.add_argument(
        "--variant",
        nargs="+",
        default=["paper"],
        help="page, paper (default), slide-light, slide-dark, or several",
    )
    parser.add_argument("--language", nargs="+", default=["en"], help="languages (default en)")
    parser.add_argument("--format", nargs="+", default=["png"], help="png (default), pdf, svg, csv; several allowed")
    parser.add_argument("--out", type=Path, default=FIGURES, help=f"folder for the files (default {FIGURES})")
    add_url(parser)
    add_source(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the files and say where they are."""
    from reports.figure_files import write

    source = source_of(arguments)
    asked = (arguments.ids, arguments.variant, arguments.language, arguments.format)
    written = write(source, arguments.out, *asked, url=arguments.url)
    print(f"rows: {source}")
    for path in written:
        print(path)
    return 0
