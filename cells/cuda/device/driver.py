"""The GPU, through NVIDIA's driver: cuda.core, and cuda.bindings for what it does not have."""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from typing import Any

import numpy as np

from cells.cuda.device import numba_cuda
from cells.cuda.device.facts import Facts, gpcs_of
from cells.cuda.device.interface import Device, HostArray, Launch, Mark, Memory, Stored
from cells.cuda.device.stream import current_handle, current_stream
from cells.cuda.device.stream_timer import StreamTimer
from cells.cuda.device.submit import submit, submit_sequence
from cells.cuda.device.target import INSTALL, TRAVELLING, CudaUnavailable, cuda_core
from cells.cuda.device.timer import Timer

OLDEST_CORE = (1, 0)


class Driver(Device):
    """The first GPU of this machine."""

    def missing(self) -> str | None:
        """Say what a kernel lacks to run here, or None."""
        lacking = self.compiler_missing()
        if lacking is not None and not os.environ.get(TRAVELLING):  # machine code that came along needs no compiler
            return lacking
        try:
            version = metadata.version("cuda-core")
        except metadata.PackageNotFoundError:
            return f"cuda-core is not installed: {INSTALL}"
        # Before, a grid was counted in blocks also where clusters were asked for, and launches had other names.
        if tuple(map(int, version.split(".")[:2])) < OLDEST_CORE:
            return f"cuda-core is {version}; needed: {'.'.join(map(str, OLDEST_CORE))} or later; {INSTALL}"
        try:
            count = len(cuda_core().Device.get_all_devices())
        except Exception as error:
            return f"no NVIDIA driver answers ({type(error).__name__}: {error}); needed: an NVIDIA GPU and its driver"
        needed = "needed: an NVIDIA GPU (compute capability 8.0 or later)"
        return None if count else f"the NVIDIA driver sees no GPU; {needed}"

    def compiler_missing(self) -> str | None:
        """Say what numba lacks to compile, or None."""
        return numba_cuda.MISSING

    def runs_libraries(self) -> bool:
        """Say that NVIDIA's libraries run on a GPU."""
        return True

    def facts(self) -> Facts:
        """Return what a plan needs to know of the GPU."""
        return _facts()

    def allocate(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Memory:
        """Allocate from the memory pool of the GPU, in the order of the current stream."""
        size = max(math.prod(shape) * dtype.itemsize, 1)
        device = cuda_core().Device(0)
        device.set_current()
        try:
            buffer = device.allocate(size, stream=current_stream())
        except Exception as error:
            if "OUT_OF_MEMORY" not in str(error).upper().replace(" ", "_"):
                raise  # an earlier kernel's fault, for example, which every later call meets
            raise MemoryError(f"{size} bytes of GPU memory for an array {shape} are not there ({error})") from error
        return Memory(buffer, int(buffer.handle))

    def adopt(self, interface: Mapping[str, Any]) -> None:
        """Refuse memory of another GPU, and wait for the stream of the producer."""
        from cuda.bindings import driver

        attribute = driver.CUpointer_attribute.CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL
        status, device = driver.cuPointerGetAttribute(attribute, interface["data"][0])
        if status == driver.CUresult.CUDA_SUCCESS and int(device) != 0:
            raise ValueError(f"a device array is in the memory of GPU {int(device)}; allowed: the first one, GPU 0")
        producer = interface.get("stream")
        if producer is not None and producer != current_handle():
            current_stream().wait(cuda_core().Stream.from_handle(producer))

    def clear(self, array: Stored) -> None:
        """Set every byte to zero."""
        from cuda.bindings import driver

        _check(driver.cuMemsetD8Async(array.address, 0, array.nbytes, current_handle()), "clearing", array.nbytes)

    def copy(self, source: Stored, target: Stored) -> None:
        """Copy an array to another one of as many bytes."""
        from cuda.bindings import driver

        status = driver.cuMemcpyDtoDAsync(target.address, source.address, source.nbytes, current_handle())
        _check(status, "copying", source.nbytes)

    def from_host(self, source: HostArray, target: Stored) -> None:
        """Copy from the host and wait: its owner may reuse the memory at once."""
        from cuda.bindings import driver

        status = driver.cuMemcpyHtoDAsync(target.address, source.ctypes.data, target.nbytes, current_handle())
        _check(status, "copying", target.nbytes)
        current_stream().sync()

    def to_host(self, source: Stored, target: HostArray) -> None:
        """Copy to the host, and wait until the numbers are there."""
        from cuda.bindings import driver

        status = driver.cuMemcpyDtoHAsync(target.ctypes.data, source.address, source.nbytes, current_handle())
        _check(status, "copying", source.nbytes)
        current_stream().sync()

    def stream(self) -> int | None:
        """Return the handle of the current stream."""
        return current_handle()

    def mark(self) -> Mark | None:
        """Record an event on the current stream."""
        stream = current_stream()
        return Mark(stream, stream.record())

    def wait_for(self, mark: Mark | None) -> None:
        """Let the current stream wait for an event of another one."""
        if mark is not None and mark.stream != current_stream():
            current_stream().wait(mark.event)

    def launch(self, launch: Launch) -> None:
        """Launch a kernel on the current stream."""
        submit(current_stream(), launch)

    def launch_sequence(self, launches: Sequence[Launch]) -> None:
        """Launch one kernel again and again, as a graph."""
        submit_sequence(launches)

    def timer(self) -> Timer:
        """Return what times calls by events; there is one, whose memory is larger than any cache."""
        return _timer()

    def peak_bytes(self, call: Callable[[], object]) -> int | None:
        """Ask the memory pool; what libraries have for themselves is not in it. None for a device without a pool."""
        from cuda.bindings import driver

        pool = cuda_core().Device(0).memory_resource
        if not hasattr(pool, "attributes"):
            return None
        current_stream().sync()
        before = int(pool.attributes.used_mem_current)
        highest = driver.CUmemPool_attribute.CU_MEMPOOL_ATTR_USED_MEM_HIGH
        (status,) = driver.cuMemPoolSetAttribute(pool.handle, highest, driver.cuuint64_t(0))
        if status != driver.CUresult.CUDA_SUCCESS:
            return None
        call()
        current_stream().sync()
        return int(pool.attributes.used_mem_high) - before


@functools.cache
def _timer() -> StreamTimer:
    return StreamTimer()


@functools.cache
def _facts() -> Facts:
    device = cuda_core().Device(0)
    device.set_current()
    properties = device.properties
    major, minor = device.compute_capability
    if (major, minor) < (8, 0):
        raise CudaUnavailable(
            f"{device.name} has compute capability {major}.{minor}; allowed: 8.0 or later (Ampere and newer)"
        )
    return Facts(
        device.name,
        (major, minor),
        properties.multiprocessor_count,
        properties.max_shared_memory_per_block_optin,
        gpcs_of(properties.multiprocessor_count) if major >= 9 else (),
    )


def _check(status: tuple[Any, ...], what: str, size: int) -> None:
    from cuda.bindings import driver

    if status[0] != driver.CUresult.CUDA_SUCCESS:
        raise RuntimeError(f"{what} {size} bytes on the GPU failed: {status[0].name}")


def make_device() -> Device:
    """Return the first GPU."""
    return Driver()
