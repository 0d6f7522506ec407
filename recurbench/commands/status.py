"""Say what is measured, and what is missing."""

from __future__ import annotations

import argparse

from recurbench.places import add_store

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
    others = [row for row in store.counts() if (row.environment, row.code_version) not in current or row.failed]
    if others:
        print("\nin the store as well:")
    for row in others:
        partial = "" if row.whole else ", partial: the page takes a whole run where there is one"
        print(
            f"{row.study:<14}{row.items:>8} items, {row.failed} failed, machine {row.environment},"
            f" code {row.code_version}{partial}"
        )
    return 0
