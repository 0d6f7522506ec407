"""What the CPU offers: vector width and the shapes of the register tile, from its features."""

from __future__ import annotations

import functools
import platform
from dataclasses import dataclass

from llvmlite import binding
from numba import config


@dataclass(frozen=True)
class Target:
    """`vector_bytes` a register; `rows` x `vectors` accumulators stay in registers during a product.

    A product of a single row has no rows to share its weights among: its strip is up to `wide` vectors, of several
    matrices where one has too few, so that enough sums run at once to hide the latency of a multiply-add.
    """

    name: str
    vector_bytes: int
    rows: int
    vectors: int
    wide: int
    fused: bool = True
    """Whether it has a fused multiply-add; without one LLVM would call the C library for each."""

    def lanes(self, itemsize: int) -> int:
        """Elements of a vector register."""
        return self.vector_bytes // itemsize

    @property
    def chunk_bytes(self) -> int:
        """What a formula works on at once: two registers, so that one's operations fill the other's latency."""
        return 2 * self.vector_bytes

    @property
    def shapes(self) -> tuple[tuple[int, int], ...]:
        """Every (rows, vectors) that a tile may have."""
        return tuple((r, v) for r in range(1, self.rows + 1) for v in range(1, self.vectors + 1))

    @property
    def strips(self) -> tuple[tuple[int, int], ...]:
        """Every (matrices, vectors) that a strip may have."""
        return tuple((m, v) for m in range(1, MOST_MATRICES + 1) for v in range(1, self.wide // m + 1))


MOST_MATRICES = 4  # that a strip takes side by side: the gates of an LSTM

# Powers of two for the rows: batches usually are, and then no tile is a narrow rest.
AVX512 = Target("avx512", 64, rows=8, vectors=3, wide=16)  # 24 accumulators, 3 weights, 1 broadcast of 32 registers
AVX2 = Target("avx2", 32, rows=4, vectors=3, wide=8)  # 12 + 3 + 1 of 16
NEON = Target("neon", 16, rows=8, vectors=3, wide=16)  # 24 + 3 + 1 of 32
PLAIN = Target("plain", 16, rows=4, vectors=2, wide=8, fused=False)  # SSE2: products need registers too


def cpu_features() -> dict[str, bool]:
    """Features that numba compiles for: the host's, or those NUMBA_CPU_FEATURES names."""
    if config.CPU_FEATURES is None:
        return dict(binding.get_host_cpu_features())
    return {feature[1:]: feature.startswith("+") for feature in config.CPU_FEATURES.split(",") if feature}


@functools.cache
def target() -> Target:
    """The tile for this process."""
    features = cpu_features()
    if features.get("avx512f"):
        return AVX512
    if features.get("avx2") and features.get("fma"):
        return AVX2
    return NEON if platform.machine() in ("arm64", "aarch64") else PLAIN
