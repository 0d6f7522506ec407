"""The interface of what kernels run on: the GPU's driver, the simulator, or a rehearsal of either."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from cells.cuda.device.facts import Facts
from cells.cuda.device.timer import HostTimer, Timer
from cells.cuda.kernel import Kernel

HostArray = NDArray[Any]


class Stored(Protocol):
    """A C-contiguous array in device memory, as far as a device has to know it."""

    @property
    def address(self) -> int:
        """Return where it begins."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Return its shape."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Return the type of its elements."""

    @property
    def nbytes(self) -> int:
        """Return its size in bytes."""


class Memory(NamedTuple):
    """Device memory that was allocated; it is freed with `owner`."""

    owner: Any
    address: int


class Mark(NamedTuple):
    """A place in the work of a stream."""

    stream: Any
    event: Any


class Launch(NamedTuple):
    """A kernel, its grid in blocks, the shared memory of a block in bytes, and its arguments in order.

    cluster: blocks along the first axis of the grid that reach each other's shared memory. together: blocks wait for
    each other, so all of them have to be there at once.
    """

    kernel: Kernel
    grid: tuple[int, int]
    shared_bytes: int
    arguments: Sequence[Any]
    cluster: int = 1
    together: bool = False


class Device(ABC):
    """What memory, launches and order ask of whatever kernels run on. Work is queued on the current stream."""

    @abstractmethod
    def missing(self) -> str | None:
        """Say what a kernel lacks to run here, or None."""

    @abstractmethod
    def compiler_missing(self) -> str | None:
        """Say what numba lacks to compile for this device, or None."""

    @abstractmethod
    def runs_libraries(self) -> bool:
        """Say whether NVIDIA's libraries run here beside our own kernels."""

    @abstractmethod
    def facts(self) -> Facts:
        """Return what a plan needs to know of the GPU."""

    @abstractmethod
    def allocate(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Memory:
        """Allocate memory for an array, without values."""

    @abstractmethod
    def adopt(self, interface: Mapping[str, Any]) -> None:
        """Check memory of another library, given its `__cuda_array_interface__`, and wait for its producer."""

    @abstractmethod
    def clear(self, array: Stored) -> None:
        """Set every byte to zero."""

    @abstractmethod
    def copy(self, source: Stored, target: Stored) -> None:
        """Copy an array to another one of as many bytes."""

    @abstractmethod
    def from_host(self, source: HostArray, target: Stored) -> None:
        """Copy from the host; the host may reuse its memory at once."""

    @abstractmethod
    def to_host(self, source: Stored, target: HostArray) -> None:
        """Copy to the host, and wait until the numbers are there."""

    @abstractmethod
    def stream(self) -> int | None:
        """Return the handle of the current stream, as `__cuda_array_interface__` tells it; None where there is none."""

    @abstractmethod
    def mark(self) -> Mark | None:
        """Return the place that the current stream has come to; None where one thing is done after the other."""

    @abstractmethod
    def wait_for(self, mark: Mark | None) -> None:
        """Let what is queued from now on wait until that place is reached; the host does not wait."""

    @abstractmethod
    def launch(self, launch: Launch) -> None:
        """Queue a kernel."""

    @abstractmethod
    def launch_sequence(self, launches: Sequence[Launch]) -> None:
        """Queue one kernel again and again; the host hands over all launches at once where it can."""

    def timer(self) -> Timer:
        """Return what times calls here: the host's clock, unless work goes on beside the host."""
        return HostTimer()

    def peak_bytes(self, call: Callable[[], object]) -> int | None:
        """Return by how many bytes a call's memory grows at its highest; None where nobody counts them."""
        return None
