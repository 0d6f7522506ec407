"""The parent's side of a peer: start its process, hand over a problem, ask for results and times."""

from __future__ import annotations

import atexit
import importlib.util
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from multiprocessing import Pipe
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bench.contenders.worker import MODULES
from bench.run.environment import ROOT

if TYPE_CHECKING:
    from bench.measures.runtime import Problem

TIMEOUT_S = 600.0
RESTING_S = 3e-3  # after a call our own threads look out for work for a millisecond; a peer must not feel it
_running: dict[str, Peer] = {}


class PeerError(RuntimeError):
    """A peer could not do what it was asked; the message names the peer and the reason."""


def installed_peers() -> tuple[str, ...]:
    """Peers whose packages are there; nothing is imported to find out."""
    return tuple(name for name, module in MODULES.items() if all(map(importlib.util.find_spec, module.packages)))


def supports(backend: str, cell: str, direction: str, merge: str) -> bool:
    """Whether the peer has this cell, and this direction."""
    peer = MODULES[backend]
    return cell in peer.cells and direction in peer.directions and merge in peer.merges


class Peer:
    """One running process."""

    def __init__(self, backend: str) -> None:
        if backend not in installed_peers():
            packages = ", ".join(MODULES[backend].packages)
            raise PeerError(f"peer {backend} needs {packages}; install with `pip install -e .[peers]`")
        self.backend = backend
        if sys.platform == "win32":
            raise PeerError("peers need a pipe that a child process inherits; allowed: Linux, macOS")
        # A process of its own from the start, not a fork: it must not inherit our threads, nor import numba.
        self._pipe, other = Pipe()
        command = [sys.executable, "-m", "bench.contenders.worker", backend, str(other.fileno())]
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
        _running.pop(self.backend, None)
        self._pipe.close()
        self._process.terminate()
        self._process.send_signal(signal.SIGCONT)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class RemoteContender:
    """A contender that lives in a peer's process."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    def results(self) -> Mapping[str, NDArray[Any]]:
        """See `bench.measures.runtime.Contender`."""
        return dict(self._peer.ask("results"))

    def time(self, calls: int) -> float:
        """See `bench.measures.runtime.Contender`."""
        time.sleep(RESTING_S)
        return float(self._peer.ask("time", calls))


def contender(problem: Problem) -> RemoteContender:
    """The peer of the problem's backend, prepared for it."""
    backend = problem.case.backend
    if backend not in _running:
        _running[backend] = Peer(backend)
    peer = _running[backend]
    parameters = {name: np.asarray(value) for name, value in problem.parameters.items()}
    peer.ask("prepare", problem.case, parameters, problem.x, problem.d_output)
    return RemoteContender(peer)


def stop_peers() -> None:
    """End every peer's process."""
    for peer in list(_running.values()):
        peer.stop()


atexit.register(stop_peers)
