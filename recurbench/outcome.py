"""What is said at the end of a run, and its exit status."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.run.runner import Outcome
    from bench.run.store import Store


def report(outcome: Outcome, store: Store) -> int:
    """Print what was measured and what failed, now or before; return 1 where anything failed, else 0."""
    print(f"{outcome.measured} items measured, {outcome.already_there} were there already; rows: {store.path}")
    for label, reason in outcome.failed:
        print(f"failed: {label}: {reason}", file=sys.stderr)
    for label, reason in outcome.failed_before:
        print(f"failed before, not measured again: {label}: {reason}", file=sys.stderr)
    if outcome.failed or outcome.failed_before:
        print("once the cause is gone, --retry-failed measures them again", file=sys.stderr)
        return 1
    return 0
