"""The peer's side: a loop over requests, in a process that imports the peer's library and nothing of `cells`."""

from __future__ import annotations

import ctypes
import importlib
import signal
import sys
from multiprocessing.connection import Connection
from typing import Any

from bench.contenders.clocks import WallClock


def serve(pipe: Connection, module: str) -> None:
    """Answer requests until the pipe closes: prepare(...), call(), results(...), time(calls)."""
    prepared: Any = None
    while True:
        try:
            request, arguments = pipe.recv()
        except EOFError:
            return
        answer: Any = None
        try:
            if request == "prepare":
                prepared = importlib.import_module(module).Prepared(*arguments)
            elif request == "call":
                prepared.call()
            elif request == "results":
                answer = prepared.results(*arguments)
            elif request == "time":
                answer = WallClock(prepared.call).time(*arguments)
            else:
                raise ValueError(f"request {request!r}; allowed: prepare, call, results, time")
            pipe.send(("ok", answer))
        except Exception as error:  # the parent raises it as PeerError, with its text
            pipe.send(("error", f"{type(error).__name__}: {error}"))


def _end_with_parent() -> None:
    """Have Linux end this process with its parent: a stopped one would outlive a parent that was killed."""
    if sys.platform == "linux":
        PR_SET_PDEATHSIG = 1
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    _end_with_parent()
    serve(Connection(int(sys.argv[2])), sys.argv[1])
