"""Say what is measured, and what is missing."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from typing import TYPE_CHECKING

from bench.names import EXPERIMENT
from recurbench.places import add_store

if TYPE_CHECKING:
    from bench.run.store import Store
    from bench.run.writer import Key

TEXT = "what is measured, and what a preset still misses"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("--preset", default="quick", help="quick (default), course or full")
    add_store(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print a line for each study, and what else is in the store."""
    from collections import Counter

    from bench.run.environment import this_environment
    from bench.run.plan import plan
    from bench.run.store import Store

    store = Store(arguments.store)
    environment = this_environment()
    items = plan(arguments.preset)
    done = store.done(environment)
    wanted = Counter(item.study.name for item in items)
    absent = Counter(item.study.name for item in items if item.key not in done)
    print(f"store {store.path}; machine {environment.id}, preset {arguments.preset}")
    print(f"{'study':<14}{'items':>8}{'measured':>10}{'missing':>9}")
    for name, count in wanted.items():
        partial = "  partial" if 0 < absent[name] < count else ""
        print(f"{name:<14}{count:>8}{count - absent[name]:>10}{absent[name]:>9}{partial}")
    current = {(environment.id, item.version) for item in items}
    _experiments(store, done)
    others = [row for row in store.counts() if (row.environment, row.code_version) not in current or row.failed]
    others = [row for row in others if not row.study.startswith(EXPERIMENT) or row.failed]
    if others:
        print("\nin the store as well:")
    for row in others:
        partial = "" if row.whole else ", partial: the page takes a whole run where there is one"
        print(
            f"{row.study:<14}{row.items:>8} items, {row.failed} failed, machine {row.environment},"
            f" code {row.code_version}{partial}"
        )
    return 0


def _experiments(store: Store, done: Collection[Key]) -> None:
    """Print a line for each experiment of the user's own."""
    from bench.experiments.cases import items_of
    from bench.experiments.definition import from_json

    told = store.about().experiments
    if told:
        print("\nexperiments:")
    for name, definition in told.items():
        try:
            items = items_of(from_json(definition))
        except ValueError as error:  # such as more threads than this machine has
            print(f"{name}: cannot be measured here: {error}; {definition['question']}")
            continue
        absent = sum(item.key not in done for item in items)
        print(f"{name}: {len(items)} items, {len(items) - absent} measured, {absent} missing; {definition['question']}")
