"""Arrays in device memory."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cells.cuda.device.target import device

Array = NDArray[Any]


class DeviceArray:
    """A C-contiguous array in device memory. Other libraries take it by `__cuda_array_interface__`, without a copy.

    `numpy()` waits for the current stream and gives a copy on the host. `owner` keeps the memory alive.
    """

    def __init__(self, shape: tuple[int, ...], dtype: Any, owner: Any, address: int) -> None:
        self.shape = shape
        self.dtype = np.dtype(dtype)
        self.address = address
        self._owner = owner

    @property
    def size(self) -> int:
        """Return the number of elements."""
        return int(math.prod(self.shape))

    @property
    def nbytes(self) -> int:
        """Return the size in bytes."""
        return int(self.size * self.dtype.itemsize)

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        return {
            "shape": self.shape,
            "typestr": self.dtype.str,
            "data": (self.address, False),
            "version": 3,
            "stream": device().stream(),  # whoever takes the array waits for what is under way there
        }

    def __getitem__(self, index: int | slice) -> DeviceArray:
        """Return a part along the first axis, sharing memory."""
        count = self.shape[0]
        if isinstance(index, slice):
            first, last, step = index.indices(count)
        else:
            first = index + count if index < 0 else index
            last = first + 1
            step = 1
        if step != 1 or not 0 <= first <= last <= count:
            raise IndexError(f"index {index!r} of {count} elements; allowed: an integer inside, or a slice of step 1")
        shape = (last - first, *self.shape[1:]) if isinstance(index, slice) else self.shape[1:]
        address = self.address + first * math.prod(self.shape[1:]) * self.dtype.itemsize
        return DeviceArray(shape, self.dtype, self._owner, address)

    def reshape(self, *shape: int) -> DeviceArray:
        """Return the same memory in another shape."""
        if math.prod(shape) != self.size:
            raise ValueError(f"shape {shape} for {self.size} elements; allowed: shapes of as many")
        return DeviceArray(shape, self.dtype, self._owner, self.address)

    def __reduce__(self) -> Any:
        """Travel as an array of the host; whoever receives it has it on the device that is there."""
        return to_device, (self.numpy(),)

    def numpy(self) -> Array:
        """Return a copy on the host."""
        out = np.empty(self.shape, self.dtype)
        device().to_host(self, out)
        return out


def empty(shape: tuple[int, ...], dtype: Any) -> DeviceArray:
    """Return an array without values; in the simulator NaN, so that what is read before it is written shows."""
    kind = np.dtype(dtype)
    memory = device().allocate(tuple(shape), kind)
    return DeviceArray(tuple(shape), kind, memory.owner, memory.address)


def zeros(shape: tuple[int, ...], dtype: Any) -> DeviceArray:
    """Return an array of zeros."""
    out = empty(shape, dtype)
    clear(out)
    return out


def clear(array: DeviceArray) -> None:
    """Set every number to zero."""
    device().clear(array)


def copy(source: DeviceArray, target: DeviceArray) -> None:
    """Copy the numbers of one device array to another of as many."""
    device().copy(source, target)


def to_device(given: Any, dtype: Any = None) -> DeviceArray:
    """Copy a NumPy array to the device; a device array of any library is taken as it is, if it is C-contiguous."""
    if isinstance(given, DeviceArray):
        return given
    interface = getattr(given, "__cuda_array_interface__", None)
    if interface is not None:
        return _adopt(given, interface)
    host = np.ascontiguousarray(given, dtype)
    out = empty(host.shape, host.dtype)
    device().from_host(host, out)
    return out


def on_device(given: Any) -> bool:
    """Say whether this is an array in device memory, of whatever library."""
    return hasattr(given, "__cuda_array_interface__")


def _adopt(given: Any, interface: dict[str, Any]) -> DeviceArray:
    shape = tuple(interface["shape"])
    kind = np.dtype(interface["typestr"])
    strides = interface.get("strides")
    contiguous = kind.itemsize
    expected: list[int] = []
    for length in reversed(shape):
        expected.insert(0, contiguous)
        contiguous *= length
    if strides is not None and tuple(strides) != tuple(expected):
        raise ValueError(f"a device array has strides {tuple(strides)}; allowed: C-contiguous, {tuple(expected)}")
    device().adopt(interface)
    return DeviceArray(shape, kind, given, interface["data"][0])
