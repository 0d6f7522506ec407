"""How a pass is shared among threads, and how its loops are cut."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from cells.cpu.layout import Blocking, Panels, PlainBlocking, even_panel, make_groups, whole_chunks, whole_vectors
from cells.cpu.target import MOST_MATRICES, target
from cells.cpu.threads.pool import WORTH_A_THREAD, Shares, alone, available_threads, get_threads, split
from cells.spec import CellSpec

# Steps whose input products are taken together: their slots fill half of a usual second-level cache, but rows should
# be enough to read large input weights seldom.
BLOCK_BYTES = 512 * 1024
BLOCK_ROWS = 128
WORTH_A_BARRIER = 60_000  # floating-point operations of a thread between two barriers: some two microseconds


@dataclass(frozen=True)
class Plan:
    """What is decided for an input (T, B, I) before a pass.

    work: floating-point operations of a forward pass.
    shares: (threads, 4), see `fork.Share`.
    training: the cut of a pass that keeps every step.
    inference: the cut of a pass that keeps a block of steps.
    """

    work: float
    shares: Shares
    training: Blocking
    inference: Blocking

    @functools.cached_property
    def plain_training(self) -> PlainBlocking:
        """Return the cut of training as kernels are called with it; made once, as it takes a third of a microsecond."""
        return self.training.plain

    @functools.cached_property
    def plain_inference(self) -> PlainBlocking:
        """Return the cut of inference as kernels are called with it."""
        return self.inference.plain


def make_plan(spec: CellSpec, hidden: int, shape: tuple[int, ...], itemsize: int) -> Plan:
    """Decide for an input (T, B, I), with the present number of threads."""
    steps, batch, inputs = shape
    work = 2.0 * steps * batch * hidden * (len(spec.gates) * inputs + len(spec.hidden_gates) * hidden)
    vectors = whole_vectors(hidden, itemsize) // target().lanes(itemsize)
    parties = _parties(vectors, work / steps) if batch == 1 and work >= WORTH_A_THREAD else 1
    rows = rows_of_group(batch)
    if parties > 1:
        shares = np.array([(0, 1, party, parties) for party in range(parties)], np.int64)
    else:
        shares = alone(split(-(-batch // rows), work))
    most_rows = int(shares[-1, 1] - shares[-1, 0]) * rows  # of the largest share
    step_bytes = most_rows * len(spec.slots) * whole_chunks(hidden, itemsize) * itemsize
    block = min(steps, max(BLOCK_BYTES // step_bytes, -(-BLOCK_ROWS // most_rows)))
    panels = _panels(spec, vectors, parties, most_rows)
    training, inference = (
        Blocking(make_groups(batch, rows, hidden, kept, itemsize), panels, block) for kept in (steps, block)
    )
    return Plan(work, shares, training, inference)


def _parties(vectors: int, work: float) -> int:
    """Return the threads that share the units of a single row whose step takes `work` operations."""
    most = min(get_threads(), int(work / WORTH_A_BARRIER))
    return next((count for count in range(most, 1, -1) if even_panel(vectors, count, 1)), 1)


@functools.cache
def _cpus() -> int:
    """Return the CPUs of this process when it first asked: all passes of a process group their rows alike."""
    return available_threads()


def rows_of_group(batch: int) -> int:
    """Return how many rows go through the sequence together, and are never shared by two threads.

    As many as a tile has, or fewer so that there is a group for every CPU, but not so few that one thread alone would
    read the weights for nearly every row. It depends on the machine but not on the number of threads: so neither do
    the sums over samples, in whose order the groups follow each other.
    """
    most = target().rows
    cpus = _cpus()
    return max(min(most, -(-batch // cpus)), min(-(-most // 2), -(-batch // 2)))


def _panels(spec: CellSpec, vectors: int, parties: int, rows: int) -> Panels:
    def panel(most: int) -> int:
        return even_panel(vectors, parties, most) if parties > 1 else most

    many_rows = panel(target().vectors)
    one_row = target().strip_vectors
    gates, masked = len(spec.recurrent_gates), len(spec.masked_gates)
    if rows > 1 or max(gates, masked) > MOST_MATRICES:
        return Panels(many_rows, recurrent=many_rows, masked=many_rows, back=many_rows, interleaved=False)
    return Panels(
        many_rows,
        recurrent=panel(one_row // max(gates, 1)),
        masked=panel(one_row // max(masked, 1)),
        back=panel(one_row),
        interleaved=True,
    )
