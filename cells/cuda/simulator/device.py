"""The simulated GPU behind the interface of a device: its memory is the host's, its work is done at once."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cells.cuda.device.facts import H200, Facts
from cells.cuda.device.interface import Device, HostArray, Launch, Mark, Memory, Stored
from cells.cuda.simulator.machine import run


class SimulatedDevice(Device):
    """A GPU of the data sheet of the H200, thread by thread in plain Python."""

    def missing(self) -> str | None:
        """Say that nothing is missing."""
        return None

    def compiler_missing(self) -> str | None:
        """Say why nothing is compiled."""
        return "the simulator compiles nothing"

    def runs_libraries(self) -> bool:
        """Say that no library of NVIDIA runs here."""
        return False

    def facts(self) -> Facts:
        """Return the data sheet."""
        return H200

    def allocate(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Memory:
        """Allocate host memory: NaN, so that what is read before it is written shows, or zero for integers."""
        values = np.full(shape, np.nan if dtype.kind == "f" else 0, dtype)
        return Memory(values, values.ctypes.data)

    def adopt(self, interface: Mapping[str, Any]) -> None:
        """Take any memory: all of it is the host's."""

    def clear(self, array: Stored) -> None:
        """Set every number to zero."""
        values(array)[...] = 0

    def copy(self, source: Stored, target: Stored) -> None:
        """Copy the numbers of an array to another one."""
        values(target).reshape(-1)[...] = values(source).reshape(-1)

    def from_host(self, source: HostArray, target: Stored) -> None:
        """Copy from the host."""
        values(target)[...] = source

    def to_host(self, source: Stored, target: HostArray) -> None:
        """Copy to the host."""
        target[...] = values(source)

    def stream(self) -> int | None:
        """Say that there is no stream."""
        return None

    def mark(self) -> Mark | None:
        """Say that there is nothing to wait for."""
        return None

    def wait_for(self, mark: Mark | None) -> None:
        """Return at once: one thing is done after the other."""

    def launch(self, launch: Launch) -> None:
        """Run a kernel, thread by thread."""
        arguments = [values(a).reshape(-1) if hasattr(a, "address") else a for a in launch.arguments]
        kernel = launch.kernel
        run(
            kernel.function(), launch.grid, kernel.threads, launch.shared_bytes, arguments,
            cluster=launch.cluster, together=launch.together,
        )  # fmt: skip

    def launch_sequence(self, launches: Sequence[Launch]) -> None:
        """Run one launch after the other."""
        for launch in launches:
            self.launch(launch)


def values(array: Stored) -> HostArray:
    """Return the numbers of an array in the simulator's memory, sharing it."""
    if not array.nbytes:
        return np.empty(array.shape, array.dtype)
    if not array.address:
        raise RuntimeError("an array of a rehearsal holds no numbers; allowed: arrays that were made outside of it")
    memory: Any = (ctypes.c_uint8 * array.nbytes).from_address(array.address)
    found: HostArray = np.frombuffer(memory, array.dtype).reshape(array.shape)
    return found


def make_device() -> Device:
    """Return the simulated GPU."""
    return SimulatedDevice()
