"""Arrays on the device. In the simulator they are NumPy arrays behind the same face."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cells.cuda.device import rehearsal, target

Array = NDArray[Any]
LEGACY_STREAM = 1  # the default stream's handle where 0 is not allowed


class DeviceArray:
    """A C-contiguous array in device memory. Other libraries take it by `__cuda_array_interface__`, without a copy.

    `numpy()` waits for the current stream and gives a copy on the host.
    """

    def __init__(
        self, shape: tuple[int, ...], dtype: Any, owner: Any, address: int, values: Array | None = None
    ) -> None:
        self.shape, self.dtype = shape, np.dtype(dtype)
        self.address = address
        self._owner = owner  # keeps the memory alive
        self._values = values

    @property
    def values(self) -> Array:
        """The numbers themselves, in the simulator."""
        if self._values is None:
            raise RuntimeError("device memory is read by numpy()")
        return self._values

    @property
    def size(self) -> int:
        """Elements."""
        return int(math.prod(self.shape))

    @property
    def nbytes(self) -> int:
        """Bytes."""
        return int(self.size * self.dtype.itemsize)

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        stream = None if target.SIMULATED else _stream()  # whoever takes it waits for what is under way there
        data = (self.address, False)
        return {"shape": self.shape, "typestr": self.dtype.str, "data": data, "version": 3, "stream": stream}

    def __getitem__(self, index: int | slice) -> DeviceArray:
        """A part along the first axis, sharing memory."""
        count, whole = self.shape[0], isinstance(index, slice)
        if isinstance(index, slice):
            first, last, step = index.indices(count)
        else:
            first = index + count if index < 0 else index
            last, step = first + 1, 1
        if step != 1 or not 0 <= first <= last <= count:
            raise IndexError(f"index {index!r} of {count} elements; allowed: an integer inside, or a slice of step 1")
        shape = (last - first, *self.shape[1:]) if whole else self.shape[1:]
        part = None if self._values is None else self._values[first:last].reshape(shape)
        address = self.address + first * math.prod(self.shape[1:]) * self.dtype.itemsize
        return DeviceArray(shape, self.dtype, self._owner, address, part)

    def reshape(self, *shape: int) -> DeviceArray:
        """The same memory in another shape."""
        if math.prod(shape) != self.size:
            raise ValueError(f"shape {shape} for {self.size} elements; allowed: shapes of as many")
        part = None if self._values is None else self._values.reshape(shape)
        return DeviceArray(shape, self.dtype, self._owner, self.address, part)

    def numpy(self) -> Array:
        """A copy on the host."""
        if self._values is not None:
            return self._values.copy()
        out = np.empty(self.shape, self.dtype)
        _copy(out, self, to_host=True)
        return out


def empty(shape: tuple[int, ...], dtype: Any) -> DeviceArray:
    """Uninitialised; in the simulator NaN, so that what is read before it is written shows."""
    kind = np.dtype(dtype)
    if target.SIMULATED:
        values = np.zeros(shape, kind) if rehearsal.on() else np.full(shape, np.nan if kind.kind == "f" else 0, kind)
        return DeviceArray(shape, kind, values, values.ctypes.data, values)
    from cells.cuda.device.launch import current_stream

    size = max(math.prod(shape) * kind.itemsize, 1)
    device = target.cuda_core().Device(0)
    device.set_current()
    try:
        buffer = device.allocate(size, stream=current_stream())
    except Exception as error:
        if "OUT_OF_MEMORY" not in str(error).upper().replace(" ", "_"):
            raise  # an earlier kernel's fault, for example, which every later call meets
        raise MemoryError(f"{size} bytes of GPU memory for an array {shape} are not there ({error})") from error
    return DeviceArray(shape, kind, buffer, int(buffer.handle))


def zeros(shape: tuple[int, ...], dtype: Any) -> DeviceArray:
    """All zero."""
    out = empty(shape, dtype)
    clear(out)
    return out


def clear(array: DeviceArray) -> None:
    """Every number to zero."""
    if rehearsal.on():
        return
    if target.SIMULATED:
        array.values[...] = 0
        return
    from cuda.bindings import driver

    _check(driver.cuMemsetD8Async(array.address, 0, array.nbytes, _stream()), "clearing", array.nbytes)


def to_device(given: Any, dtype: Any = None) -> DeviceArray:
    """A copy of a NumPy array; a device array of any library is taken as it is, if it is C-contiguous."""
    if isinstance(given, DeviceArray):
        return given
    interface = getattr(given, "__cuda_array_interface__", None)
    if interface is not None:
        return _adopt(given, interface)
    host = np.ascontiguousarray(given, dtype)
    out = empty(host.shape, host.dtype)
    if rehearsal.on():
        return out
    if target.SIMULATED:
        out.values[...] = host
    else:
        _copy(host, out, to_host=False)
    return out


def on_device(given: Any) -> bool:
    """Whether this is an array in device memory, of whatever library."""
    return hasattr(given, "__cuda_array_interface__")


def _adopt(given: Any, interface: dict[str, Any]) -> DeviceArray:
    shape, kind = tuple(interface["shape"]), np.dtype(interface["typestr"])
    strides, contiguous = interface.get("strides"), kind.itemsize
    expected: list[int] = []
    for length in reversed(shape):
        expected.insert(0, contiguous)
        contiguous *= length
    if strides is not None and tuple(strides) != tuple(expected):
        raise ValueError(f"a device array has strides {tuple(strides)}; allowed: C-contiguous, {tuple(expected)}")
    values = None
    if not target.SIMULATED:
        _check_device(interface["data"][0])
    producer = interface.get("stream")
    if producer is not None and not target.SIMULATED and producer != _stream():
        from cells.cuda.device.launch import current_stream

        current_stream().wait(target.cuda_core().Stream.from_handle(producer))
    if target.SIMULATED:
        holder = type("Holder", (), {"__array_interface__": {**interface, "version": 3}})()
        values = np.asarray(holder)
    return DeviceArray(shape, kind, given, interface["data"][0], values)


def _check_device(address: int) -> None:
    from cuda.bindings import driver

    attribute = driver.CUpointer_attribute.CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL
    status, device = driver.cuPointerGetAttribute(attribute, address)
    if status == driver.CUresult.CUDA_SUCCESS and int(device) != 0:
        raise ValueError(f"a device array is in the memory of GPU {int(device)}; allowed: the first one, GPU 0")


def copy(source: DeviceArray, target_: DeviceArray) -> None:
    """Numbers of one device array to another of as many."""
    if rehearsal.on():
        return
    if target.SIMULATED:
        target_.values[...] = source.values.reshape(target_.shape)
        return
    from cuda.bindings import driver

    _check(
        driver.cuMemcpyDtoDAsync(target_.address, source.address, source.nbytes, _stream()), "copying", source.nbytes
    )


def _copy(host: Array, device: DeviceArray, *, to_host: bool) -> None:
    from cuda.bindings import driver

    from cells.cuda.device.launch import current_stream

    if to_host:
        status = driver.cuMemcpyDtoHAsync(host.ctypes.data, device.address, device.nbytes, _stream())
    else:
        status = driver.cuMemcpyHtoDAsync(device.address, host.ctypes.data, device.nbytes, _stream())
    _check(status, "copying", device.nbytes)
    current_stream().sync()  # the owner of the host memory may reuse it at once


def _stream() -> int:
    from cells.cuda.device.launch import current_stream

    return int(current_stream().handle) or LEGACY_STREAM


def _check(status: tuple[Any, ...], what: str, size: int) -> None:
    from cuda.bindings import driver

    if status[0] != driver.CUresult.CUDA_SUCCESS:
        raise RuntimeError(f"{what} {size} bytes on the GPU failed: {status[0].name}")
