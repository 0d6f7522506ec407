"""The worker: does the checks that it is handed, one after the other, and says what came of each.

It reads a line of JSON for each check and answers with one that begins with `MARK`, on what was its standard output;
whatever libraries print goes to its error output. After an error it asks the driver whether the context still works:
an illegal address stays, and every later call of this process would fail for that.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import sys
import traceback
from collections.abc import Mapping
from typing import Any

from bench.gpu_checks.check import Result

MARK = "recurbench:"
PARENT_DIES = 1  # PR_SET_PDEATHSIG of prctl(2)
LINES = 6  # of a traceback


def main() -> None:
    """Answer until there is nothing to read any more."""
    _die_with_parent()
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    for line in sys.stdin:
        request = json.loads(line)
        print(MARK + json.dumps(_answer(request["action"], request["given"]), allow_nan=True), file=answers, flush=True)


def _answer(action: str, given: Mapping[str, Any]) -> dict[str, Any]:
    try:
        if action == "hello":
            from bench.gpu_checks.facts import this_machine

            return {"facts": this_machine()}
        from bench.gpu_checks.actions import find_action

        result = find_action(action)(given)
    except Exception as error:  # becomes a line: the next check must have its turn
        told = traceback.format_exception(error)[-LINES:]
        print("".join(told), file=sys.stderr, flush=True)
        return _of(Result("failed", f"{type(error).__name__}: {error}")) | {"broken": broken()}
    return _of(result) | ({} if result.status == "passed" else {"broken": broken()})


def _of(result: Result) -> dict[str, Any]:
    return {
        "status": result.status,
        "reason": result.reason,
        "numbers": dict(result.numbers),
        "items": [dict(item) for item in result.items],
    }


def broken() -> str | None:
    """The driver's error that every later call of this process would meet, or None."""
    target = sys.modules.get("cells.cuda.device.target")
    if target is None or target.SIMULATED:
        return None
    with contextlib.suppress(ImportError):
        from cuda.bindings import driver

        (status,) = driver.cuCtxSynchronize()
        fine = (driver.CUresult.CUDA_SUCCESS, driver.CUresult.CUDA_ERROR_INVALID_CONTEXT)  # or there is none yet
        not_there = (driver.CUresult.CUDA_ERROR_NOT_INITIALIZED,)
        return None if status in fine + not_there else str(status.name)
    return None


def _die_with_parent() -> None:
    """A worker whose runner was killed must not go on spinning on the GPU."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PARENT_DIES, signal.SIGKILL)


if __name__ == "__main__":
    main()
