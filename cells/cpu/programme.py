"""A sequence of kernels whose arguments stay the same, kept once and run in one call; see `kernels.programme`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cells.cpu.kernels.programme import run
from cells.cpu.threads.fork import ROOM
from cells.cpu.threads.pool import Shares, call_kernel

ALONE = np.array([(0, 1, 0, 1)], np.int64)
"""The share of a stage that is not shared."""


class Programme:
    """Stages in their order. Arrays that are their arguments stay where they are; what stands in them may change."""

    def __init__(self) -> None:
        self._kept: list[tuple[Any, ...]] = []
        self._stages = np.empty((0, 3), np.int64)
        self._most_shares: Shares = np.empty((0, 4), np.int64)

    def add(self, kernel: Callable[..., None], shares: Shares, *arguments: Any) -> int:
        """Append kernel(worker_table, shares, *arguments, room), a stage that keeps its task; return its number."""
        room = np.zeros(ROOM, np.int64)
        call_kernel(kernel, shares, *arguments, room)
        self._kept.append((shares, arguments, room))  # the kept task points into all of them
        self._stages = np.vstack([self._stages, [[room[0], room[1], len(shares)]]])
        self._most_shares = max(self._most_shares, shares, key=len)
        return len(self._stages) - 1

    def part(self, begin: int, end: int | None = None) -> Programme:
        """Return the stages from `begin` on, up to `end` or to the last, as a programme of their own."""
        part = Programme()
        part._kept = self._kept
        part._stages = self._stages[begin:end]
        part._most_shares = self._most_shares
        return part

    def run(self, answer: NDArray[np.float64], judge: int) -> None:
        """Do the stages, none after stage `judge` where answer[1] is not 0 then."""
        call_kernel(run, self._most_shares, self._stages, answer, judge)
