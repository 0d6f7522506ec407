"""How a pass is shared among threads, and the sizes of blocks and panels that follow from it."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cells.cpu.kernels.pack import even_panel, stride, width
from cells.cpu.layout import Groups
from cells.cpu.target import MOST_MATRICES, target
from cells.cpu.threads.pool import WORTH_A_THREAD, available_threads, get_threads, split
from cells.spec import CellSpec

Array = NDArray[Any]
# Steps whose input products are taken together: their slots fill half of a usual second-level cache, but rows should
# be enough to read large input weights seldom.
BLOCK_BYTES, BLOCK_ROWS = 512 * 1024, 128
WORTH_A_BARRIER = 60_000  # floating-point operations of a thread between two barriers: some two microseconds


@dataclass(frozen=True)
class Panels:
    """Vectors of a panel of packed weights, for each kind of product.

    tall: input products, which have many rows, steps or samples. recurrent, masked, back: the products of one step,
    forward and backward: tiles (beside = 0) or, where no thread has more than one row, strips of all gates side by
    side (beside = 1).
    """

    tall: int
    recurrent: int
    masked: int
    back: int
    beside: int


@dataclass(frozen=True)
class Plan:
    """The shares of the threads (see `sequence`), groups of rows, steps of a block, panels.

    work: floating-point operations of a forward pass. `idle` holds slots and states of finished inference calls for
    the next one.
    """

    work: float
    shares: Array
    groups: Groups
    block: int
    panels: Panels
    idle: list[tuple[Array, Array]] = field(default_factory=list)


def make_plan(spec: CellSpec, hidden: int, shape: tuple[int, ...], itemsize: int) -> Plan:
    """The plan for an input (T, B, I), with the present number of threads."""
    steps, batch, inputs = shape
    work = 2.0 * steps * batch * hidden * (len(spec.gates) * inputs + len(spec.hidden_gates) * hidden)
    vectors = width(hidden, itemsize) // target().lanes(itemsize)
    parties = _parties(vectors, work / steps) if batch == 1 and work >= WORTH_A_THREAD else 1
    groups = Groups(batch, rows_of_group(batch), hidden)
    if parties > 1:
        shares = np.array([(0, 1, party, parties) for party in range(parties)], np.int64)
    else:
        shares = split(groups.count, work)
        shares[:, 2:] = (0, 1)
    rows = int(shares[-1, 1] - shares[-1, 0]) * groups.together  # the largest share
    step_bytes = rows * len(spec.slots) * stride(hidden, itemsize) * itemsize
    block = max(BLOCK_BYTES // step_bytes, -(-BLOCK_ROWS // rows))
    return Plan(work, shares, groups, min(steps, block), _panels(spec, vectors, parties, rows))


def _parties(vectors: int, work: float) -> int:
    """Threads that share the units of a single row whose step takes `work` operations."""
    most = min(get_threads(), int(work / WORTH_A_BARRIER))
    return next((count for count in range(most, 1, -1) if even_panel(vectors, count, 1)), 1)


@functools.cache
def _cpus() -> int:
    """CPUs of this process when it first asked: all passes of a process group their rows alike."""
    return available_threads()


def rows_of_group(batch: int) -> int:
    """Rows that go through the sequence together, and that no two threads share.

    As many as a tile has, or fewer so that there is a group for every CPU, but not so few that one thread alone would
    read the weights for nearly every row. It depends on the machine but not on the number of threads: so neither do
    the sums over samples, in whose order the groups follow each other.
    """
    most, cpus = target().rows, _cpus()
    return max(min(most, -(-batch // cpus)), min(-(-most // 2), -(-batch // 2)))


def _panels(spec: CellSpec, vectors: int, parties: int, rows: int) -> Panels:
    def panel(most: int) -> int:
        return even_panel(vectors, parties, most) if parties > 1 else most

    tall, wide = target().vectors, target().wide
    gates, masked = len(spec.recurrent_gates), len(spec.masked_gates)
    if rows > 1 or max(gates, masked) > MOST_MATRICES:
        each = panel(tall)
        return Panels(each, each, each, each, 0)
    strips = {"recurrent": panel(wide // max(gates, 1)), "masked": panel(wide // max(masked, 1)), "back": panel(wide)}
    return Panels(panel(tall), **strips, beside=1)
