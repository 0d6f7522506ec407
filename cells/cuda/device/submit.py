"""Kernels in the driver's hands: loaded, launched, and sequences of launches kept as graphs."""

from __future__ import annotations

import ctypes
import functools
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from cells.cuda.device import target
from cells.cuda.device.compile import compiled
from cells.cuda.device.interface import Launch
from cells.cuda.device.stream import current_stream
from cells.cuda.kernel import Kernel

STATIC_SHARED = 48 * 1024  # more has to be asked for
NUMBERS = {
    "int32": ctypes.c_int32,
    "int64": ctypes.c_int64,
    "float32": ctypes.c_float,
    "float64": ctypes.c_double,
}
GRAPHS = 16  # kept: those of a training loop, which meets the same arrays again
_graphs: OrderedDict[Any, Any] = OrderedDict()


@functools.lru_cache(maxsize=1024)
def _loaded(kernel: Kernel, shared_bytes: int) -> Any:
    """Load a kernel that may have so much shared memory.

    It is loaded anew for another size: the permission is part of a loaded kernel, and a launch must not have to ask for
    it, least of all inside of a graph that is being captured.
    """
    made = compiled(kernel, target.facts().capability)
    function = target.cuda_core().ObjectCode.from_cubin(made.code).get_kernel(made.entry)
    if shared_bytes > STATIC_SHARED:
        _allow_shared(function, shared_bytes)
    return function


def submit(stream: Any, launch: Launch) -> None:
    """Launch a kernel on a stream, or into a graph that is being built."""
    core = target.cuda_core()
    kernel, grid, cluster = launch.kernel, launch.grid, launch.cluster
    function = _loaded(kernel, launch.shared_bytes)
    shape = {"grid": grid} if cluster == 1 else {"grid": (grid[0] // cluster, grid[1]), "cluster": (cluster, 1)}
    if launch.together:
        _check_room(kernel, grid, launch.shared_bytes)
    config = core.LaunchConfig(
        **shape, block=kernel.threads, shmem_size=launch.shared_bytes, is_cooperative=launch.together
    )
    arguments = [
        _plain(argument) if kind.endswith("*") else NUMBERS[kind](argument)
        for kind, argument in zip(kernel.signature, launch.arguments, strict=True)
    ]
    core.launch(stream, config, function, *arguments)


def submit_sequence(launches: Sequence[Launch]) -> None:
    """Launch one kernel again and again as a graph: the host hands over all of them at once.

    A graph holds addresses. It is kept, and used again when the same arrays come again.
    """
    stream = current_stream()
    first, last = launches[0], launches[-1]
    # Launches of one sequence differ in numbers that count up from the first one's; addresses are the same in all.
    ends = tuple(tuple(map(_plain, launch.arguments)) for launch in (first, last))
    key = (first.kernel, first.grid, first.shared_bytes, ends, len(launches))
    graph = _graphs.pop(key, None)
    if graph is None:
        _loaded(first.kernel, first.shared_bytes)  # not while the stream is captured
        builder = stream.device.create_stream().create_graph_builder().begin_building()
        for launch in launches:
            submit(builder, launch)
        graph = builder.end_building().complete()
    _graphs[key] = graph  # the newest is last
    while len(_graphs) > GRAPHS:
        _graphs.popitem(last=False)
    graph.launch(stream)


def graphs() -> tuple[Any, ...]:
    """Return the graphs that are kept, the oldest first."""
    return tuple(_graphs.values())


def clusters_at_once(kernel: Kernel, grid: tuple[int, int], shared_bytes: int, cluster: int) -> int:
    """Return the clusters of this kernel that the GPU can hold at once, as the driver counts them."""
    core = target.cuda_core()
    config = core.LaunchConfig(
        grid=(grid[0] // cluster, grid[1]), cluster=(cluster, 1), block=kernel.threads, shmem_size=shared_bytes
    )
    occupancy = _loaded(kernel, shared_bytes).occupancy
    return int(occupancy.max_active_clusters(config, stream=current_stream()))


def blocks_at_once(kernel: Kernel, shared_bytes: int) -> int:
    """Return the blocks of this kernel that one multiprocessor can hold at once, as the driver counts them."""
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
    return getattr(argument, "address", argument)
