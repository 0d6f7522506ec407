"""What the CPU offers: vector width and the shape of the register tile, from its features."""

from __future__ import annotations

import functools
import platform
from dataclasses import dataclass

from llvmlite import binding
from numba import config


@dataclass(frozen=True)
class Target:
    """`vector_bytes` a register; `rows` x `vectors` accumulators stay in registers during a product."""

    name: str
    vector_bytes: int
    rows: int
    vectors: int

    def lanes(self, itemsize: int) -> int:
        """Elements of a vector register."""
        return self.vector_bytes // itemsize


AVX512 = Target("avx512", 64, rows=6, vectors=4)  # 24 accumulators, 4 weights, 1 broadcast of 32 registers
AVX2 = Target("avx2", 32, rows=6, vectors=2)  # 12 + 2 + 1 of 16
NEON = Target("neon", 16, rows=6, vectors=4)  # 24 + 4 + 1 of 32
PLAIN = Target("plain", 16, rows=3, vectors=2)  # SSE2: no fused multiply-add, temporaries need registers


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
