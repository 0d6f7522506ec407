"""Kernels on their way to the GPU: streams, launches, and sequences of launches kept as graphs."""

from __future__ import annotations

import ctypes
import functools
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from cells.cuda.device import rehearsal, target
from cells.cuda.device.compile import compiled
from cells.cuda.device.memory import DeviceArray
from cells.cuda.kernel import Kernel

STATIC_SHARED = 48 * 1024  # more has to be asked for
NUMBERS = {
    "int32": ctypes.c_int32,
    "int64": ctypes.c_int64,
    "float32": ctypes.c_float,
    "float64": ctypes.c_double,
}
GRAPHS = 16  # kept: those of a training loop, which meets the same arrays again

_stream: ContextVar[Any] = ContextVar("stream", default=None)


@contextmanager
def using_stream(stream: Any) -> Iterator[None]:
    """Work inside goes to this stream: anything with `__cuda_stream__`, as of cuda.core and PyTorch, or None.

    Arrays are made and freed in the order of the stream they were made on: another one that uses them waits for it.
    """
    if stream is not None and not hasattr(stream, "__cuda_stream__"):
        raise TypeError(f"stream is {type(stream).__name__}; allowed: an object with __cuda_stream__, or None")
    token = _stream.set(stream)
    try:
        yield
    finally:
        _stream.reset(token)


def current_stream() -> Any:
    """The stream that work goes to now: the device's default one unless `using_stream` says otherwise."""
    core, given = target.cuda_core(), _stream.get()
    device = core.Device(0)
    device.set_current()
    if given is None:
        return device.default_stream
    return given if isinstance(given, core.Stream) else device.create_stream(given)


class Mark(NamedTuple):
    """A place in the work of a stream."""

    stream: Any
    event: Any


def mark() -> Mark | None:
    """The place that the current stream has come to; None in the simulator, which does one thing after the other."""
    if target.SIMULATED:
        return None
    stream = current_stream()
    return Mark(stream, stream.record())


def wait_for_mark(place: Mark | None) -> None:
    """What the current stream does from now on waits until that place is reached; the host does not wait."""
    if place is not None and place.stream != current_stream():
        current_stream().wait(place.event)


@functools.lru_cache(maxsize=1024)
def _loaded(kernel: Kernel, shared_bytes: int) -> Any:
    """The kernel in the driver's hands, allowed to have so much shared memory.

    Loaded anew for another size: the permission is part of a loaded kernel, and a launch must not have to ask for it,
    least of all inside of a graph that is being captured.
    """
    made = compiled(kernel, target.facts().capability)
    function = target.cuda_core().ObjectCode.from_cubin(made.code).get_kernel(made.entry)
    if shared_bytes > STATIC_SHARED:
        _allow_shared(function, shared_bytes)
    return function


def launch(
    kernel: Kernel,
    grid: tuple[int, int],
    shared_bytes: int,
    arguments: Sequence[Any],
    *,
    cluster: int = 1,
    together: bool = False,
) -> None:
    """Run it on the current stream; grid in blocks. `together`: its blocks wait for each other."""
    if rehearsal.on():
        rehearsal.note(kernel)
        return
    if target.SIMULATED:
        from cells.cuda.simulator import machine as simulator

        given = [a.values.reshape(-1) if isinstance(a, DeviceArray) else a for a in arguments]
        simulator.run(kernel.function(), grid, kernel.threads, shared_bytes, given, cluster=cluster, together=together)
        return
    _launch_on(current_stream(), kernel, grid, shared_bytes, arguments, cluster, together)


def launch_each(kernel: Kernel, grid: tuple[int, int], shared_bytes: int, arguments: Sequence[Sequence[Any]]) -> None:
    """One launch after the other, as a graph: the host hands over all of them at once.

    A graph holds addresses. It is kept, and used again when the same arrays come again.
    """
    if target.SIMULATED:
        for each in arguments:
            launch(kernel, grid, shared_bytes, each)
        return
    stream = current_stream()
    # Launches of one sequence differ in numbers that count up from the first one's; addresses are the same in all.
    ends = tuple(tuple(map(_plain, arguments[n])) for n in (0, -1))
    key = (kernel, grid, shared_bytes, ends, len(arguments))
    graph = _graphs.pop(key, None)
    if graph is None:
        _loaded(kernel, shared_bytes)  # not while the stream is captured
        builder = stream.device.create_stream().create_graph_builder().begin_building()
        for each in arguments:
            _launch_on(builder, kernel, grid, shared_bytes, each, 1, False)
        graph = builder.end_building().complete()
    _graphs[key] = graph  # the newest is last
    while len(_graphs) > GRAPHS:
        _graphs.popitem(last=False)
    graph.launch(stream)


_graphs: OrderedDict[Any, Any] = OrderedDict()


def graphs() -> tuple[Any, ...]:
    """The graphs that are kept, the oldest first."""
    return tuple(_graphs.values())


def _launch_on(
    stream: Any,
    kernel: Kernel,
    grid: tuple[int, int],
    shared_bytes: int,
    arguments: Sequence[Any],
    cluster: int,
    together: bool,
) -> None:
    core, function = target.cuda_core(), _loaded(kernel, shared_bytes)
    shape = {"grid": grid} if cluster == 1 else {"grid": (grid[0] // cluster, grid[1]), "cluster": (cluster, 1)}
    if together:
        _check_room(kernel, grid, shared_bytes)
    config = core.LaunchConfig(**shape, block=kernel.threads, shmem_size=shared_bytes, is_cooperative=together)
    given = [
        _plain(argument) if kind.endswith("*") else NUMBERS[kind](argument)
        for kind, argument in zip(kernel.signature, arguments, strict=True)
    ]
    core.launch(stream, config, function, *given)


def clusters_at_once(kernel: Kernel, grid: tuple[int, int], shared_bytes: int, cluster: int) -> int:
    """Clusters of this kernel that the GPU can hold at once, as the driver counts them."""
    core = target.cuda_core()
    config = core.LaunchConfig(
        grid=(grid[0] // cluster, grid[1]), cluster=(cluster, 1), block=kernel.threads, shmem_size=shared_bytes
    )
    occupancy = _loaded(kernel, shared_bytes).occupancy
    return int(occupancy.max_active_clusters(config, stream=current_stream()))


def blocks_at_once(kernel: Kernel, shared_bytes: int) -> int:
    """Blocks of this kernel that one multiprocessor can hold at once, as the driver counts them."""
    occupancy = _loaded(kernel, shared_bytes).occupancy
    return int(occupancy.max_active_blocks_per_multiprocessor(kernel.threads, shared_bytes))


@functools.lru_cache(maxsize=1024)
def _check_room(kernel: Kernel, grid: tuple[int, int], shared_bytes: int) -> None:
    """Refuse blocks that wait for each other where not all of them can be there at once: they would wait for ever."""
    room = blocks_at_once(kernel, shared_bytes) * target.facts().multiprocessors
    if grid[0] * grid[1] > room:
        raise ValueError(
            f"{grid[0] * grid[1]} blocks of {kernel.name} wait for each other; allowed here: {room}, as many as "
            f"{target.facts().name} holds at once"
        )


def _allow_shared(function: Any, size: int) -> None:
    from cuda.bindings import driver

    attribute = driver.CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES
    (status,) = driver.cuKernelSetAttribute(attribute, size, function.handle, driver.CUdevice(0))
    if status != driver.CUresult.CUDA_SUCCESS:
        raise RuntimeError(f"{size} bytes of shared memory for a block were refused: {status.name}")


def _plain(argument: Any) -> Any:
    return argument.address if isinstance(argument, DeviceArray) else argument
