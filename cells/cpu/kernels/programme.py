"""Kept tasks one after another in one call: a training step is one call of Python's, whatever it consists of.

Recognising and unboxing the arguments of a step's kernels takes longer than a small layer's whole step, and they are
the same at every step: so they are kept once (`cells.cpu.threads.fork.kept_task_of`), and what changes from step to
step is copied to where they say that it stands.
"""

from __future__ import annotations

from cells.cpu.threads.fork import fork_counted
from cells.kernel_cache import kernel


@kernel
def run(worker_table, most_shares, stages, answer, judge):
    """Do the stages (N, 3), each two addresses and a number of shares.

    Where answer[1] is not 0 after stage `judge`, no further one is done.
    """
    for n in range(stages.shape[0]):
        fork_counted(worker_table, stages[n, 2], (stages[n, 0], stages[n, 1]))
        if n == judge and answer[1] != 0:
            return
