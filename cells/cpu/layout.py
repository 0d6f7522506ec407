"""How the rows of a batch stand in the arrays of slots and states: in groups, each with its steps one after another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from cells.cpu.kernels.pack import stride, width, window
from cells.cpu.memory import aligned

Array = NDArray[Any]


@dataclass(frozen=True)
class Groups:
    """`batch` rows of `hidden` units in groups of `together`; the last may have fewer. Arrays as in `sequence`."""

    batch: int
    together: int
    hidden: int

    @property
    def count(self) -> int:
        """C."""
        return -(-self.batch // self.together)

    def make(self, kinds: int, steps: int, dtype: Any) -> Array:
        """Uninitialised (kinds, C * W, G * H), W at least `steps`; padded units that no product writes are zero."""
        padded, written = stride(self.hidden, dtype.itemsize), width(self.hidden, dtype.itemsize)
        step = self.together * padded
        array = aligned((kinds, self.count * window(steps, step * dtype.itemsize), step), dtype)
        if padded > written:
            self._split(array)[..., written:] = 0
        return array

    def rows(self, array: Array, steps: int) -> Array:
        """(kinds, steps, B, H): a view where the batch is one group, else a copy."""
        split = self._split(array)[:, :, :steps]
        together = split.transpose(0, 2, 1, 3, 4).reshape(len(array), split.shape[2], -1, split.shape[4])
        return together[:, :, : self.batch, : self.hidden]

    def step(self, array: Array, step: int) -> Array:
        """(kinds, B, H), a copy of one step."""
        split = self._split(array)[:, :, step]
        return split.reshape(len(array), -1, split.shape[3])[:, : self.batch, : self.hidden].copy()

    def set_step(self, array: Array, step: int, values: Array | None) -> None:
        """Set one step to `values` (kinds, B, H), or to zero."""
        split = self._split(array)[:, :, step]
        split[...] = 0
        if values is not None:
            for c in range(self.count):
                rows = values[:, c * self.together : (c + 1) * self.together]
                split[:, c, : rows.shape[1], : self.hidden] = rows

    def _split(self, array: Array) -> Array:
        """(kinds, C, W, G, H) with all padding, a view."""
        return array.reshape(len(array), self.count, -1, self.together, array.shape[2] // self.together)
