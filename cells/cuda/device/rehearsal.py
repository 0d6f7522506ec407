"""A rehearsal: a layer's calls with everything but the GPU's work, to find out which kernels they launch.

`python -m bench.gpu_kernels` compiles what a machine will need that has a GPU and no compiler. The kernels of the time
loop, of packing, of products and of copies stand in no list: the calls themselves name them. A rehearsal is a device
that notes a launch and does not run it, and whose arrays have a shape and no numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from cells.cuda.device import target
from cells.cuda.device.facts import Facts
from cells.cuda.device.interface import Device, HostArray, Launch, Mark, Memory, Stored
from cells.cuda.kernel import Kernel


class Rehearsal(Device):
    """A GPU of which only the facts are known."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self.noted: dict[Kernel, None] = {}

    def missing(self) -> str | None:
        """Say that nothing is missing: nothing runs."""
        return None

    def compiler_missing(self) -> str | None:
        """Say why nothing is compiled."""
        return "a rehearsal compiles nothing"

    def runs_libraries(self) -> bool:
        """Say that products are made by our own kernels, which are to be noted."""
        return False

    def facts(self) -> Facts:
        """Return the facts of the GPU that is rehearsed for."""
        return self._facts

    def allocate(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Memory:
        """Allocate nothing."""
        return Memory(None, 0)

    def adopt(self, interface: Mapping[str, Any]) -> None:
        """Take any memory: it is not touched."""

    def clear(self, array: Stored) -> None:
        """Do nothing."""

    def copy(self, source: Stored, target: Stored) -> None:
        """Do nothing."""

    def from_host(self, source: HostArray, target: Stored) -> None:
        """Do nothing."""

    def to_host(self, source: Stored, target: HostArray) -> None:
        """Give zeros: finite numbers, which pass every check."""
        target[...] = 0

    def stream(self) -> int | None:
        """Say that there is no stream."""
        return None

    def mark(self) -> Mark | None:
        """Say that there is nothing to wait for."""
        return None

    def wait_for(self, mark: Mark | None) -> None:
        """Return at once."""

    def launch(self, launch: Launch) -> None:
        """Note the kernel."""
        self.noted[launch.kernel] = None

    def launch_sequence(self, launches: Sequence[Launch]) -> None:
        """Note the kernel."""
        for launch in launches:
            self.launch(launch)


@contextmanager
def rehearsing(facts: Facts) -> Iterator[dict[Kernel, None]]:
    """Note the kernels that would be launched on such a GPU, each once, in order.

    What is made inside, weights of a layer too, holds no numbers and is of no use outside.
    """
    rehearsal = Rehearsal(facts)
    with target.using_device(rehearsal):
        yield rehearsal.noted
