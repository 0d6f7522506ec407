"""Write the exercises of a course."""

from __future__ import annotations

import argparse
from pathlib import Path

from recurbench.places import EXERCISES, add_source, source_of

TEXT = "write exercises for a course: a page and a notebook, without answers or with them"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("--answers", action="store_true", help="with answers, for whoever teaches")
    parser.add_argument("--language", default="en", help="language of page and notebook (default en)")
    parser.add_argument("--out", type=Path, default=EXERCISES, help=f"folder for both (default {EXERCISES})")
    add_source(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write page and notebook and say where they are."""
    from reports.exercises.build import build

    source = source_of(arguments)
    page, notebook = build(source, arguments.out, arguments.language, arguments.answers)
    print(f"rows: {source}\npage: {page.resolve()}\nnotebook: {notebook.resolve()}")
    return 0
