"""Write the deck for the lecture hall."""

from __future__ import annotations

import argparse
from pathlib import Path

from recurbench.places import DECKS, add_source, add_url, source_of

TEXT = "write a deck of slides for the lecture hall, as HTML and for PowerPoint"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("--out", type=Path, default=DECKS, help=f"folder for the deck (default {DECKS})")
    parser.add_argument("--language", default="en", help="language of the deck (default en)")
    parser.add_argument(
        "--format", nargs="+", default=["html", "pptx"], help="html, pptx (needs the extra slides), or both (default)"
    )
    parser.add_argument("--theme", default="light", help="of PowerPoint: light (default) or dark; HTML has both")
    add_url(parser)
    add_source(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the deck and say where it is."""
    from reports.deck.build import build, check

    check(arguments.format, arguments.theme)
    source = source_of(arguments)
    written = build(source, arguments.out, arguments.language, arguments.format, arguments.theme, arguments.url)
    print(f"rows: {source}")
    for path in written:
        print(f"slides: {path.resolve()}")
    return 0
