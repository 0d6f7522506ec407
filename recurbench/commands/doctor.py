"""Describe this machine."""

from __future__ import annotations

import argparse

TEXT = "describe this machine, and what would make its timings untrustworthy"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add nothing: this machine is the only one there is."""


def run(arguments: argparse.Namespace) -> int:
    """Print the facts of the machine, and what speaks against its timings."""
    from bench.run.doctor import concerns, describe
    from bench.run.gpu_doctor import sharing_table

    for what, value in describe():
        print(f"{what:<18}{value}")
    table = sharing_table()
    print("\n" + "\n".join(table) if table else "")
    found = list(concerns())
    print("\ntimings: nothing found that speaks against them" if not found else "\ntimings are not to be trusted now:")
    for concern in found:
        print(f"- {concern}")
    return 0
