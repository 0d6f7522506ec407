"""A GPU in plain Python: every CUDA thread is a coroutine, every barrier a place where it waits.

A kernel is run as it stands, by the Python interpreter. The simulator finds what a GPU would get wrong at random:

- deadlocks: a barrier that some thread never reaches;
- races: memory that two threads touch, one of them writing, without a barrier between them; in shared memory, in the
  shared memory of another block of a cluster, and in global memory between blocks;
- stray indices: every access has bounds, negative ones included;
- order: blocks and threads run in a shuffled order, and memory that nobody has written is NaN.

It says nothing about time. Blocks run one after another unless the launch lets them wait for each other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numba.np.numpy_support import as_dtype

try:
    from greenlet import getcurrent, greenlet
except ImportError as error:  # pragma: no cover
    raise ImportError('the CUDA simulator needs greenlet: pip install "recurbench[dev]"') from error

WARP = 32


class SimulationError(RuntimeError):
    """What a GPU would get wrong: a race, a deadlock, a stray index."""


class Memory:
    """An array of global or shared memory, as a kernel sees it: one index, checked."""

    def __init__(self, values: np.ndarray[Any, Any], what: str) -> None:
        self.values, self.what = values, what
        self.written: dict[int, tuple[Any, ...]] = {}
        self.read: dict[int, tuple[Any, ...]] = {}

    def __getitem__(self, index: Any) -> Any:
        place = self.place(index)
        self.touch(place, writing=False)
        return self.values[place]

    def __setitem__(self, index: Any, value: Any) -> None:
        place = self.place(index)
        self.touch(place, writing=True)
        self.values[place] = value

    def place(self, index: Any) -> int:
        """Return the index as int, if it lies inside."""
        place = int(index)
        if not 0 <= place < len(self.values):
            raise SimulationError(f"{self.what}[{place}] is outside of its {len(self.values)} elements")
        return place

    def touch(self, place: int, writing: bool) -> None:
        """Remember who was here, and complain where nothing orders this access after another one."""
        me = this_thread()
        mine = (me.number, me.block.number, me.block.epoch, me.block.phase)
        for earlier in (self.written.get(place), self.read.get(place) if writing else None):
            if earlier is not None and not _ordered(earlier, mine):
                verb = "writes" if writing else "reads"
                raise SimulationError(
                    f"race: thread {me.number} of block {me.block.number} {verb} {self.what}[{place}], touched by "
                    f"thread {earlier[0]} of block {earlier[1]}, with no barrier between"
                )
        if writing:
            self.written[place] = mine
            return
        others = self.read.get(place)
        if others is not None and others[:2] != mine[:2] and not _ordered(others, mine):
            several = others[1] if others[1] == mine[1] else -1
            mine = (-1, several, max(others[2], mine[2]), max(others[3], mine[3]))
        self.read[place] = mine


def _ordered(earlier: tuple[Any, ...], later: tuple[Any, ...]) -> bool:
    if earlier[1] == later[1]:
        return bool(earlier[0] == later[0] or earlier[2] < later[2])
    return bool(earlier[3] < later[3])


class Block:
    """The threads of one block, their shared memory, and how many barriers they have passed."""

    def __init__(self, number: int, place: tuple[int, int], shared_bytes: int, cluster: int) -> None:
        self.number, self.place, self.cluster = number, place, cluster
        self.threads: list[Thread] = []
        self.epoch = self.phase = 0
        self.raw = np.full(shared_bytes // 4 + 4, np.nan, np.float32).view(np.uint8)[:shared_bytes]
        self.shared: dict[Any, Memory] = {}
        self.neighbours: list[Block] = []

    def view(self, dtype: Any) -> Memory:
        """Its shared memory as elements of one type; views of two types must not overlap in use."""
        kind = np.dtype(as_dtype(dtype))
        if kind not in self.shared:
            whole = len(self.raw) // kind.itemsize * kind.itemsize
            self.shared[kind] = Memory(self.raw[:whole].view(kind), "shared memory")
        return self.shared[kind]


class Thread(greenlet):  # type: ignore[misc]
    """One CUDA thread."""

    def __init__(self, run: Callable[[], None], block: Block, number: int) -> None:
        super().__init__(run)
        self.block, self.number = block, number
        self.waits: str | None = None
        self.offer: Any = None
        self.answer: Any = None


def this_thread() -> Thread:
    """Return the CUDA thread that runs now."""
    current = getcurrent()
    if not isinstance(current, Thread):
        raise SimulationError("a kernel's instruction was called outside of a launch")
    return current


def wait(what: str) -> None:
    """Stop until the machine finds that `what` has come about."""
    me = this_thread()
    me.waits = what
    me.parent.switch()


def with_warp(offer: Any, combine: Callable[[dict[int, Any]], dict[int, Any]]) -> Any:
    """Meet the other lanes of the warp: `combine` turns {lane: offer} into {lane: answer}."""
    me = this_thread()
    me.offer = (offer, combine)
    wait("warp")
    return me.answer


def run(
    kernel: Callable[..., None],
    grid: tuple[int, int],
    threads: int,
    shared_bytes: int,
    arguments: Sequence[Any],
    cluster: int = 1,
    together: bool = False,
) -> None:
    """Launch: every block of `grid`, of `threads` threads. `together`: blocks may wait for each other."""
    order = np.random.default_rng(grid[0] * 7919 + grid[1] * 104729 + threads)
    given = [Memory(a, f"argument {n}") if isinstance(a, np.ndarray) else a for n, a in enumerate(arguments)]
    blocks = [Block(y * grid[0] + x, (x, y), shared_bytes, cluster) for y in range(grid[1]) for x in range(grid[0])]
    for block in blocks:
        first = block.number // cluster * cluster
        block.neighbours = blocks[first : first + cluster]
        block.threads = [Thread(lambda: kernel(*given), block, number) for number in range(threads)]
    if together:
        waves = [blocks]
    else:
        waves = [blocks[first : first + cluster] for first in range(0, len(blocks), cluster)]
        order.shuffle(waves)
    for wave in waves:
        _run_wave(wave, order)


def _run_wave(blocks: list[Block], order: np.random.Generator) -> None:
    while any(block.threads for block in blocks):
        moved = False
        for at in order.permutation(len(blocks)):
            block = blocks[at]
            for n in order.permutation(len(block.threads)):
                thread = block.threads[n]
                if thread.waits in (None, "count"):
                    was, thread.waits = thread.waits, None
                    thread.switch()
                    moved |= was is None or thread.waits != "count" or thread.dead
            block.threads = [thread for thread in block.threads if not thread.dead]
            moved |= _release(block)
        everybody = [thread for block in blocks for thread in block.threads]
        moved |= _release_cluster(blocks)
        if everybody and not moved:
            waiting = {(thread.block.number, thread.number): thread.waits for thread in everybody[:4]}
            raise SimulationError(f"deadlock: {len(everybody)} threads wait, for example {waiting}")


def _release(block: Block) -> bool:
    """Let those go on whose barrier is complete."""
    moved = False
    warps: dict[int, list[Thread]] = {}
    for thread in block.threads:
        warps.setdefault(thread.number // WARP, []).append(thread)
    for lanes in warps.values():
        if all(thread.waits == "warp" for thread in lanes):
            combine = lanes[0].offer[1]
            answers = combine({thread.number % WARP: thread.offer[0] for thread in lanes})
            for thread in lanes:
                thread.answer, thread.waits = answers[thread.number % WARP], None
            moved = True
    if block.threads and all(thread.waits == "block" for thread in block.threads):
        block.epoch += 1
        for thread in block.threads:
            thread.waits = None
        moved = True
    return moved


def _release_cluster(blocks: list[Block]) -> bool:
    moved = False
    for block in blocks:
        if block is not block.neighbours[0]:
            continue
        waiting = [thread for neighbour in block.neighbours for thread in neighbour.threads]
        if waiting and all(thread.waits == "cluster" for thread in waiting):
            for neighbour in block.neighbours:
                neighbour.epoch += 1
                neighbour.phase += 1
            for thread in waiting:
                thread.waits = None
            moved = True
    return moved
