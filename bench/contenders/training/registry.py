"""Who can be timed at training: one line a backend."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from bench.case import Case
from bench.contenders.clocks import Clock, PeerClock
from bench.contenders.process import PeerContender, PeerError, running_peer
from bench.contenders.training.own import OwnTraining
from bench.contenders.training.problem import CHECKED, Course, TrainingProblem
from bench.names import unknown

COMPILERS = ("c++", "g++", "clang++")
"""What torch.compile calls, where the environment variable CXX names no other."""


class PreparedTraining(Protocol):
    """A training that is ready to go on."""

    @property
    def clock(self) -> Clock:
        """Return the clock of its steps."""

    def course(self) -> Course:
        """Make the first steps."""


class TrainingContender(Protocol):
    """Somebody who may be able to train a case."""

    def why_not(self, case: Case) -> str | None:
        """Return the reason why this contender cannot do the case here, or None; nothing heavy is imported."""

    def prepare(self, problem: TrainingProblem) -> PreparedTraining:
        """Take everything over that is not the work itself, before any clock starts."""


@dataclass(frozen=True)
class TrainingPeer:
    """A library that trains in a process of its own; `needs_compiler` is for torch.compile."""

    library: PeerContender
    needs_compiler: bool = False

    def why_not(self, case: Case) -> str | None:
        """Return the reason why this library cannot train the case here, or None."""
        if self.needs_compiler and not any(map(shutil.which, (os.environ.get("CXX", COMPILERS[0]), *COMPILERS))):
            return f"peer {self.library.backend} needs a C++ compiler; allowed: {', '.join(COMPILERS)}, or CXX names it"
        return self.library.why_not(case)

    def prepare(self, problem: TrainingProblem) -> RemoteTraining:
        """Hand the problem to the library's process, which is started where it does not run."""
        reason = self.why_not(problem.case)
        if reason is not None:
            raise PeerError(reason)
        peer = running_peer(self.library.backend, self.library.module)
        peer.ask("prepare", problem.case, dict(problem.parameters), list(problem.batches))
        return RemoteTraining(peer)


class RemoteTraining:
    """A training in a peer's process."""

    def __init__(self, peer: Any) -> None:
        self._peer = peer
        self.clock = PeerClock(lambda steps: float(peer.ask("time", steps)))

    def course(self) -> Course:
        """Make the first steps, over there."""
        return Course(**self._peer.ask("results", CHECKED))


def _torch(backend: str, module: str) -> PeerContender:
    return PeerContender(
        backend,
        module=f"bench.contenders.training.{module}",
        packages=("torch",),
        cells=("rnn", "lstm", "gru"),
        directions=("training",),
        merges=("none",),
    )


TRAINERS: dict[str, TrainingContender] = {
    "cpu": OwnTraining(),
    "cpu-again": OwnTraining(),
    "torch": TrainingPeer(_torch("torch", "pytorch")),
    "torch-compile": TrainingPeer(_torch("torch-compile", "pytorch_compiled"), needs_compiler=True),
}
"""Backend of a case to who trains it."""


def find_trainer(backend: str) -> TrainingContender:
    """Return the contender of that backend; ValueError names the known ones."""
    if backend not in TRAINERS:
        raise ValueError(unknown("backend", backend, TRAINERS, "timed at training"))
    return TRAINERS[backend]


def able(case: Case, backends: Iterable[str]) -> list[str]:
    """Select the backends that can train the case on this machine."""
    return [name for name in backends if find_trainer(name).why_not(replace(case, backend=name)) is None]
