"""What a contender is: somebody's implementation of a case, on any device, ready to be validated and timed.

A measure asks a contender whether it can do a case, has it prepared, compares its results with float64, and takes
samples from its clock. It knows neither device nor library.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from bench.case import Case
from bench.contenders.clocks import Clock, Sample
from bench.contenders.problem import Problem


class Implementation(Protocol):
    """Parameters, input and dL/d output in the hands of the code that is timed."""

    def call(self) -> object:
        """Do the case's work once; what is returned keeps its results alive."""

    def results(self) -> Mapping[str, Any]:
        """Return output, and in training every gradient, by name: "output", "input" and the parameters' names."""


class Prepared(Implementation, Protocol):
    """An implementation with the clock that its calls are timed by."""

    @property
    def clock(self) -> Clock:
        """Return the clock of this contender's calls."""

    def resources(self) -> list[Sample]:
        """Return what a call takes besides time; empty where nobody counts it."""


class Contender(Protocol):
    """Somebody who may be able to do a case."""

    @property
    def device(self) -> str:
        """Return where the problem has to lie: one of `bench.contenders.problem.DEVICES`."""

    def why_not(self, case: Case) -> str | None:
        """Return the reason why this contender cannot do the case here, or None; nothing heavy is imported."""

    def prepare(self, problem: Problem) -> Prepared:
        """Take everything over that is not the work itself, before any clock starts."""
