"""Where rows are and pages go, unless the user says otherwise."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench.about import DEFAULT_STORE

PAGES = Path("results") / "report"
FIGURES = Path("results") / "figures"
DECKS = Path("results") / "slides"
COMPARISONS = Path("results") / "compare"
EXERCISES = Path("results") / "exercises"


def add_store(parser: argparse.ArgumentParser) -> None:
    """Add the option that names the store."""
    parser.add_argument("--store", type=Path, default=DEFAULT_STORE, help=f"the store (default {DEFAULT_STORE})")


def add_source(parser: argparse.ArgumentParser) -> None:
    """Add the options that name the rows to read."""
    parser.add_argument(
        "--source", type=Path, help="a store, or an exported folder (default: the store, else the reference)"
    )
    add_store(parser)


def add_url(parser: argparse.ArgumentParser) -> None:
    """Add the option that gives the page's address."""
    parser.add_argument(
        "--url",
        default="",
        help="where others find the page, for citations: https://... (report keeps it in the store)",
    )


def add_language(parser: argparse.ArgumentParser, of: str, nargs: str | None = None) -> None:
    """Add the option that names a language, or several."""
    default = ["en"] if nargs else "en"
    parser.add_argument("--language", default=default, nargs=nargs, metavar="LANGUAGE", help=f"{of} (default en)")


def source_of(arguments: argparse.Namespace) -> Path:
    """Return the rows to read: named, else the store, else the committed reference."""
    return Path(arguments.source) if arguments.source is not None else measured_or_reference(arguments.store)


def measured_or_reference(store: Path) -> Path:
    """Return the store if it has rows, else the committed reference, which is said."""
    from bench.run.store import Store
    from reports.source import reference_folder

    if Store(store).counts():
        return Path(store)
    reference = reference_folder()
    print(f"nothing measured in {store} yet; showing the reference {reference.name}", file=sys.stderr)
    return reference
