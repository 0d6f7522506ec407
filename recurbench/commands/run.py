"""Measure the studies of a preset."""

from __future__ import annotations

import argparse
import sys

from recurbench.outcome import report
from recurbench.places import add_store

TEXT = "measure the studies of a preset; what is stored already is skipped"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("--preset", default="quick", help="quick (default), course or full")
    parser.add_argument("--study", action="append", metavar="NAME", help="only this study; may be repeated")
    parser.add_argument("--executor", default="in-process", help="in-process (default), processes:N or dask:ADDRESS")
    parser.add_argument("--retry-failed", action="store_true", help="measure items again that failed before")
    add_store(parser)


def run(arguments: argparse.Namespace) -> int:
    """Measure what the store does not have; 1 where items failed (now or before), 2 where nothing is to be measured."""
    from bench.run.environment import this_environment
    from bench.run.executor import open_executor
    from bench.run.plan import plan, without_cases
    from bench.run.progress import progress_bar
    from bench.run.runner import run
    from bench.run.store import Store

    items = plan(arguments.preset, arguments.study)
    for name, reason in without_cases(arguments.preset, arguments.study).items():
        print(f"study {name} has no cases here: {reason}", file=sys.stderr)
    if not items:
        return 2
    store = Store(arguments.store)
    if arguments.retry_failed and store.exists():
        with store.writing() as writer:
            writer.forget_failed(this_environment(), [item.key for item in items])
    with open_executor(arguments.executor) as executor:
        outcome = run(items, store, executor, progress_bar)
    return report(outcome, store)
