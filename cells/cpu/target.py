"""What the CPU offers: vector width and the shapes of the register tile, from its features."""

from __future__ import annotations

import functools
import platform
from dataclasses import dataclass

from llvmlite import binding

from cells import numba_private


@dataclass(frozen=True)
class Target:
    """Describe registers and what of a product stays in them.

    vector_bytes: of a register.
    rows, vectors: a tile has at most rows x vectors accumulators.
    strip_vectors: a product of a single row has no rows to share its weights among. Its strip is up to so many vectors,
        of several matrices where one has too few, so that enough sums run at once to hide a multiply-add's latency.
    fused: whether there is a fused multiply-add; without one LLVM would call the C library for each.
    """

    name: str
    vector_bytes: int
    rows: int
    vectors: int
    strip_vectors: int
    fused: bool = True

    def lanes(self, itemsize: int) -> int:
        """Return the elements of a vector register."""
        return self.vector_bytes // itemsize

    @property
    def chunk_bytes(self) -> int:
        """Return what a formula works on at once: two registers, so that one's operations fill the other's latency."""
        return 2 * self.vector_bytes

    @property
    def shapes(self) -> tuple[tuple[int, int], ...]:
        """Return every (rows, vectors) that a tile may have."""
        return tuple((r, v) for r in range(1, self.rows + 1) for v in range(1, self.vectors + 1))

    @property
    def strips(self) -> tuple[tuple[int, int], ...]:
        """Return every (matrices, vectors) that a strip may have."""
        return tuple((m, v) for m in range(1, MOST_MATRICES + 1) for v in range(1, self.strip_vectors // m + 1))


MOST_MATRICES = 4  # that a strip takes side by side: the gates of an LSTM

# Powers of two for the rows: batches usually are, and then no tile is a narrow rest.
AVX512 = Target(
    "avx512", 64, rows=8, vectors=3, strip_vectors=16
)  # 24 accumulators, 3 weights, 1 broadcast of 32 registers
AVX2 = Target("avx2", 32, rows=4, vectors=3, strip_vectors=8)  # 12 + 3 + 1 of 16
NEON = Target("neon", 16, rows=8, vectors=3, strip_vectors=16)  # 24 + 3 + 1 of 32
PLAIN = Target("plain", 16, rows=4, vectors=2, strip_vectors=8, fused=False)  # SSE2: products need registers too


def cpu_features() -> dict[str, bool]:
    """Return the features that numba compiles for: the host's, or those NUMBA_CPU_FEATURES names."""
    named = numba_private.cpu_features()
    if named is None:
        return dict(binding.get_host_cpu_features())
    return {feature[1:]: feature.startswith("+") for feature in named.split(",") if feature}


@functools.cache
def target() -> Target:
    """Return what the CPU of this process offers."""
    features = cpu_features()
    if features.get("avx512f"):
        return AVX512
    if features.get("avx2") and features.get("fma"):
        return AVX2
    return NEON if platform.machine() in ("arm64", "aarch64") else PLAIN
