"""A configuration: how one kernel is cut to a cell, its size and the GPU. All of it is fixed when a kernel is compiled.

Who shares the units of a batch row, and how they meet once a step:

- block: one block has all units, the whole sequence is one launch, and a step ends with the block's barrier;
- cluster: up to 16 blocks that write into each other's shared memory and meet at the cluster's barrier;
- grid: as many blocks as hold the weights, through global memory and a counter that everybody waits for;
- launch: as many blocks as one likes, weights read anew, a launch for every step.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from cells.cuda.plan.tile import WARP, Tile
from cells.registry import find_cell
from cells.spec import CellSpec


@dataclass(frozen=True)
class KernelConfig:
    """One kernel's cut. `units` of a row in each of `parts` blocks; `rows` of a batch at once.

    recurrent, masked: the products of a step, None where the cell has none. rounded: operands of products are rounded
    to bfloat16. keep: slots are kept for the backward pass. In a backward kernel the tiles are those of the way back.
    """

    cell: str
    real: str
    hidden: int
    units: int
    parts: int
    rows: int
    sharing: str
    recurrent: Tile | None
    masked: Tile | None
    rounded: bool = False
    keep: bool = True

    @functools.cached_property
    def spec(self) -> CellSpec:
        """The cell."""
        return find_cell(self.cell)

    @property
    def pushes(self) -> bool:
        """Whether who makes a number writes it to whoever needs it, rather than leaving it in global memory."""
        return self.sharing in ("block", "cluster")

    @property
    def phases(self) -> int:
        """Products of a step that wait for each other."""
        return 2 if self.masked is not None else 1

    @property
    def tiles(self) -> tuple[Tile, ...]:
        """Those there are."""
        return tuple(tile for tile in (self.recurrent, self.masked) if tile is not None)

    @property
    def on_tensor_cores(self) -> bool:
        """Whether the products of a step run there."""
        return any(tile.tensor for tile in self.tiles)

    @property
    def threads(self) -> int:
        """Of a block: enough for every product, and one for each unit of each row."""
        point_wise = -(-self.units * self.rows // WARP) * WARP
        return max(point_wise, *(tile.threads for tile in self.tiles), WARP)

    @property
    def stride(self) -> int:
        """Elements of shared memory between two vectors."""
        return max((tile.stride for tile in self.tiles), default=0)

    @property
    def vectors(self) -> int:
        """Elements of shared memory for the vectors: two sets where the next one comes while this one is read."""
        return (2 if self.pushes else 1) * self.rows * self.stride

    @property
    def sums(self) -> int:
        """Elements of shared memory for the sums."""
        return max((tile.sums for tile in self.tiles), default=0)

    @property
    def weights_at(self) -> tuple[int, int]:
        """Where the weights in shared memory begin: recurrent, masked. Multiples of four elements."""
        first = -(-(self.vectors + self.sums) // 4) * 4
        return first, first + (self.recurrent.shared if self.recurrent else 0)

    @property
    def shared_elements(self) -> int:
        """Of a block's shared memory."""
        return self.weights_at[1] + (self.masked.shared if self.masked else 0)

    @property
    def shared_bytes(self) -> int:
        """Shared memory of a block."""
        return self.shared_elements * np.dtype(self.real).itemsize
