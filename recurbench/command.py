"""The command `recurbench`: every file of `recurbench.commands` is a command of that name."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Protocol, cast

COMMANDS = (
    "run",
    "ask",
    "report",
    "exercises",
    "status",
    "studies",
    "compare",
    "export",
    "cite",
    "figures",
    "slides",
    "doctor",
)
"""In the order in which the help lists them."""


class Command(Protocol):
    """What a file of `recurbench.commands` has."""

    TEXT: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the options of the command to its parser."""

    def run(self, arguments: argparse.Namespace) -> int:
        """Do the work; return the exit status."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 done, 1 some items failed, 2 wrong use or unusable input, 130 interrupted."""
    parser = _parser()
    arguments, others = parser.parse_known_args(argv)
    if others:
        parser.error(_unknown(others[0], arguments.options))
    from bench.run.store import StoreError

    try:
        return int(arguments.run(arguments))
    except BrokenPipeError:  # whoever read our output has read enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ValueError, StoreError, OSError) as error:
        print(f"recurbench: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nrecurbench: interrupted; what was measured is stored, the same command resumes", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="recurbench", description="Recurrent cells, measured.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name in COMMANDS:
        command = cast("Command", import_module(f"recurbench.commands.{name}"))
        sub = commands.add_parser(name, help=command.TEXT, description=command.TEXT)
        command.add_arguments(sub)
        options = [option for action in sub._actions for option in action.option_strings if option.startswith("--")]
        sub.set_defaults(run=command.run, options=options)
    return parser


def _unknown(given: str, options: Sequence[str]) -> str:
    """Return the message about a word that the command does not know."""
    from bench.names import unknown

    if not given.startswith("--"):
        return f"unexpected {given!r}; allowed: {', '.join(options)}"
    return unknown("option", given.partition("=")[0], options)
