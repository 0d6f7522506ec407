"""Say what changed between two runs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from recurbench.places import COMPARISONS, add_language

TEXT = "say what changed between two runs beyond the noise: two machines, two versions, before and after"
RUN = "a store, an exported folder, or the name of a committed reference run"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the two runs and the options of the command."""
    parser.add_argument("a", metavar="A", help=RUN)
    parser.add_argument("b", metavar="B", help=f"{RUN}; a ratio is B over A")
    parser.add_argument("--out", type=Path, default=COMPARISONS, help=f"folder for the page (default {COMPARISONS})")
    add_language(parser, "language of table and page")


def run(arguments: argparse.Namespace) -> int:
    """Print the table, write the page, and say where it is."""
    from reports.comparison import compare_runs

    print(f"reading and judging {arguments.a} and {arguments.b}; a full run takes a minute", file=sys.stderr)
    lines, page = compare_runs(arguments.a, arguments.b, arguments.out, arguments.language)
    print("\n".join(lines))
    print(f"\npage: {page.resolve()}")
    return 0
