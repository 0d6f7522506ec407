"""The product of one step: rows of a weight matrix, which threads hold, times the vectors of a few batch rows.

A block has its rows of the weights. Lanes of a warp split the depth of a row among them and warps split it further;
each thread multiplies its piece of some rows with the vectors in shared memory, then the pieces are added: over the
lanes by shuffles, over the warps by who reads the sums. Weights stand in registers as far as they fit, then in shared
memory, and what is left is read from the second-level cache at every step.

Two kinds of tile do the same work: of fused multiply-adds, and of tensor cores (bfloat16 in, float32 out).
"""

from __future__ import annotations

from dataclasses import dataclass

WARP = 32


@dataclass(frozen=True)
class Tile:
    """How a block shares the product of `rows` rows of weights, `depth` deep, with `batch` vectors at once.

    each: rows of a thread. lanes: of a warp that share a row. row_warps, depth_warps: how warps share rows and depth.
    in_registers, in_shared: pieces of a thread's weights that stand there. tensor: on tensor cores, where a piece is 16
    deep, `each` is 16 rows of a warp, and `batch` is 8; else a piece is 4 deep.
    """

    rows: int
    depth: int
    batch: int
    each: int
    lanes: int
    row_warps: int
    depth_warps: int
    in_registers: int
    in_shared: int
    tensor: bool = False

    @property
    def threads(self) -> int:
        """That take part."""
        return WARP * self.row_warps * self.depth_warps

    @property
    def pieces(self) -> int:
        """Of the depth, for each thread."""
        width = 16 if self.tensor else 4 * self.lanes
        return -(-self.depth // (width * self.depth_warps))

    @property
    def padded_depth(self) -> int:
        """With the zeros behind it."""
        return self.pieces * self.depth_warps * (16 if self.tensor else 4 * self.lanes)

    @property
    def stride(self) -> int:
        """32-bit words or elements between two vectors in shared memory."""
        return self.padded_depth // 2 + 4 if self.tensor else self.padded_depth  # 4: lanes of 8 rows on 32 banks

    @property
    def padded_rows(self) -> int:
        """With the rows of zeros behind them."""
        return self.row_warps * (16 if self.tensor else WARP // self.lanes * self.each)

    @property
    def held(self) -> int:
        """Words of a thread's weights in a piece."""
        return 4 if self.tensor else 4 * self.each

    @property
    def registers(self) -> int:
        """Words of weights that a thread holds in registers."""
        return self.in_registers * self.held

    @property
    def shared(self) -> int:
        """Words of weights in shared memory."""
        return self.in_shared * self.held * self.threads

    @property
    def sums(self) -> int:
        """Elements of shared memory for the sums: [warp along the depth][vector][row]."""
        return self.depth_warps * self.batch * self.padded_rows
