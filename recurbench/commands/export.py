"""Write the rows as CSV."""

from __future__ import annotations

import argparse
from pathlib import Path

from recurbench.places import add_store

TEXT = "write tidy CSV and environment.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("folder", type=Path)
    parser.add_argument("--compress", action="store_true", help="measurements.csv.gz instead of measurements.csv")
    add_store(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the rows and their environments, and print where."""
    from bench.run.store import Store

    rows, environment = Store(arguments.store).export(arguments.folder, arguments.compress)
    print(f"{rows}\n{environment}")
    return 0
