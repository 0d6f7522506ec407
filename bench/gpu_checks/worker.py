"""The worker: does the checks that it is handed, one after the other, and says what came of each.

It reads a line of JSON for each check and answers with one that begins with `MARK`, on what was its standard output;
whatever libraries print goes to its error output. Before its answer it may hand over parts of it, a line for each, so
that they are not lost with it. After an error it asks the driver whether the context still works: an illegal address
stays, and every later call of this process would fail for that.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Mapping
from typing import Any

from bench.gpu_checks.check import Result, Tell
from bench.gpu_checks.context import broken
from bench.gpu_checks.parent import die_with_parent

MARK = "recurbench:"
LINES = 6  # of a traceback


def main() -> None:
    """Answer until there is nothing to read any more."""
    die_with_parent()
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)

    def tell(message: Mapping[str, Any]) -> None:
        print(MARK + json.dumps(message, allow_nan=True), file=answers, flush=True)

    for line in sys.stdin:
        request = json.loads(line)
        tell(_answer(request["action"], request["arguments"], tell))


def _answer(action: str, arguments: Mapping[str, Any], tell: Tell) -> dict[str, Any]:
    try:
        if action == "hello":
            from bench.gpu_checks.facts import this_machine

            return {"facts": this_machine()}
        from bench.gpu_checks.actions import find_action

        result = find_action(action)(arguments, tell)
    except Exception as error:  # becomes a line: the next check must have its turn
        last = traceback.format_exception(error)[-LINES:]
        print("".join(last), file=sys.stderr, flush=True)
        result = Result("failed", f"{type(error).__name__}: {error}")
    return {
        "status": result.status,
        "reason": result.reason,
        "numbers": dict(result.numbers),
        "items": [dict(item) for item in result.items],
        # A check that passed may have met an error all the same: of a peer, of a launch that was refused.
        "broken": None if result.status == "passed" and not result.reason else broken(),
    }


if __name__ == "__main__":
    main()
