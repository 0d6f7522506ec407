"""Peers: other libraries that do the same work, each in a process of its own; this is the parent's side of it.

In one process, PyTorch's and our threads would wait for each other's cores in busy loops (measured: medians stuck at a
scheduler tick). A peer's process is given arrays once, then told how many calls to time; its clock runs there.
"""

from __future__ import annotations

import atexit
import importlib.util
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing import Pipe
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.case import Case
from bench.contenders.clocks import PeerClock, Sample
from bench.contenders.problem import CPU, Problem
from bench.run.environment import ROOT

TIMEOUT_S = 600.0
_running: dict[str, Peer] = {}


class PeerError(RuntimeError):
    """A peer could not do what it was asked; the message names the peer and the reason."""


@dataclass(frozen=True)
class PeerContender:
    """A library that is timed in a process of its own: where its code is, what it needs, and what it can do."""

    backend: str
    module: str
    packages: tuple[str, ...]
    cells: tuple[str, ...]
    directions: tuple[str, ...]
    merges: tuple[str, ...]
    device: str = CPU

    def why_not(self, case: Case) -> str | None:
        """Return the reason why this library cannot do the case here, or None; nothing is imported to find out."""
        if sys.platform == "win32":
            return "peers need a pipe that a child process inherits; allowed: Linux, macOS"
        if not all(map(importlib.util.find_spec, self.packages)):
            return f"peer {self.backend} needs {', '.join(self.packages)}; install with `pip install -e .[peers]`"
        for name, given, allowed in (
            ("cell", case.cell, self.cells),
            ("direction", case.direction, self.directions),
            ("merge", case.merge, self.merges),
        ):
            if given not in allowed:
                return f"peer {self.backend} has no {name} {given!r}; allowed: {', '.join(allowed)}"
        return None

    def prepare(self, problem: Problem) -> RemotePrepared:
        """Hand the problem to the library's process, which is started where it does not run."""
        reason = self.why_not(problem.case)
        if reason is not None:
            raise PeerError(reason)
        peer = running_peer(self.backend, self.module)
        parameters = {name: np.asarray(value) for name, value in problem.parameters.items()}
        peer.ask("prepare", problem.case, parameters, problem.x, problem.d_output)
        return RemotePrepared(peer)


def running_peer(backend: str, module: str) -> Peer:
    """Return the process that runs a module of a peer; it is started where it does not run."""
    if module not in _running:
        _running[module] = Peer(backend, module)
    return _running[module]


class Peer:
    """One running process."""

    def __init__(self, backend: str, module: str) -> None:
        self.backend = backend
        self._module = module
        # A process of its own from the start, not a fork: it must not inherit our threads, nor import numba.
        self._pipe, other = Pipe()
        command = [sys.executable, "-m", "bench.contenders.worker", module, str(other.fileno())]
        self._process = subprocess.Popen(command, pass_fds=[other.fileno()], cwd=ROOT, stdin=subprocess.DEVNULL)
        other.close()

    def ask(self, request: str, *arguments: Any) -> Any:
        """Send a request and wait for its answer; an exception over there becomes a PeerError here.

        Between requests the process is stopped: the idle threads of PyTorch and ONNX Runtime spin for a while after a
        call, on the cores that the next contender is timed on (measured: times twice too long).
        """
        self._process.send_signal(signal.SIGCONT)
        try:
            self._pipe.send((request, arguments))
            if not self._pipe.poll(TIMEOUT_S):
                self.stop()
                raise PeerError(f"{self.backend} gave no answer to {request} in {TIMEOUT_S:.0f} s")
            kind, answer = self._pipe.recv()
        except (EOFError, BrokenPipeError, ConnectionResetError) as error:
            self.stop()
            raise PeerError(f"{self.backend} ended during {request} (exit code {self._process.returncode})") from error
        self._process.send_signal(signal.SIGSTOP)
        if kind == "error":
            raise PeerError(f"{self.backend}, {request}: {answer}")
        return answer

    def stop(self) -> None:
        """End the process; the next use starts a new one."""
        _running.pop(self._module, None)
        self._pipe.close()
        self._process.terminate()
        self._process.send_signal(signal.SIGCONT)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class RemotePrepared:
    """A case that a peer's process has prepared."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self.clock = PeerClock(self._time)

    def _time(self, calls: int) -> float:
        return float(self._peer.ask("time", calls))

    def call(self) -> object:
        """Do the work once, over there."""
        return self._peer.ask("call")

    def results(self) -> Mapping[str, NDArray[Any]]:
        """Fetch output (T, B, H), and in training every gradient."""
        return dict(self._peer.ask("results"))

    def resources(self) -> list[Sample]:
        """Return nothing: no memory is counted on the CPU."""
        return []


def stop_peers() -> None:
    """End every peer's process."""
    for peer in list(_running.values()):
        peer.stop()


atexit.register(stop_peers)
