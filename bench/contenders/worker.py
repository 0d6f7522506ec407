"""The peer's side: a loop over requests, in a process that imports the peer's library and nothing of `cells`."""

from __future__ import annotations

import ctypes
import importlib
import signal
import sys
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any


@dataclass(frozen=True)
class PeerModule:
    """Where a peer's code is, what it needs, and what it can do."""

    module: str
    packages: tuple[str, ...]
    cells: tuple[str, ...]
    directions: tuple[str, ...]
    merges: tuple[str, ...]


MODULES = {
    "torch": PeerModule(
        "bench.contenders.pytorch",
        ("torch",),
        ("rnn", "lstm", "gru", "convolution"),
        ("inference", "training"),
        ("none", "concat", "mean", "sum"),
    ),
    "onnxruntime": PeerModule(
        "bench.contenders.onnx_runtime",
        ("onnxruntime", "onnx"),
        ("rnn", "lstm", "gru", "gru-reset-before", "convolution"),
        ("inference",),
        ("none",),
    ),
}


def serve(pipe: Connection, backend: str) -> None:
    """Answer requests until the pipe closes: prepare(case, parameters, x, d_output), results(), time(calls)."""
    prepared: Any = None
    while True:
        try:
            request, arguments = pipe.recv()
        except EOFError:
            return
        try:
            if request == "prepare":
                prepared = importlib.import_module(MODULES[backend].module).Prepared(*arguments)
                answer: Any = None
            elif request == "results":
                answer = prepared.results()
            else:
                answer = _time(prepared, *arguments)
            pipe.send(("ok", answer))
        except Exception as error:  # the parent raises it as PeerError, with its text
            pipe.send(("error", f"{type(error).__name__}: {error}"))


def _time(prepared: Any, calls: int) -> float:
    prepared.call()
    start = time.perf_counter()
    for _ in range(calls):
        prepared.call()
    return time.perf_counter() - start


def _end_with_parent() -> None:
    """A stopped process would outlive a parent that was killed: on Linux the kernel ends it then."""
    if sys.platform == "linux":
        PR_SET_PDEATHSIG = 1
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    _end_with_parent()
    serve(Connection(int(sys.argv[2])), sys.argv[1])
