"""The kernels of probes, each by what it is made from; those of layers are in no list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cells.cuda.device import target
from cells.cuda.kernel import Kernel

WARP = 32
CLUSTERS = tuple(range(2, 9))
"""Sizes of a cluster that the rule may take."""
PHASE_THREADS = 64


def _kernel(name: str, parameters: tuple[Any, ...], signature: tuple[str, ...], threads: int = WARP) -> Kernel:
    return Kernel(f"probes.make_{name}", parameters, signature, threads)


def ranks_kernel(blocks: int) -> Kernel:
    """Return the kernel of `cells.cuda.kernels.probes.make_ranks`."""
    return _kernel("ranks", (blocks,), ("int32*",))


def phases_kernel() -> Kernel:
    """Return the kernel of `make_phases`."""
    return _kernel("phases", (PHASE_THREADS,), ("float32*", "int32*", "int32*", "int32", "int32"), PHASE_THREADS)


def fragments_kernel() -> Kernel:
    """Return the kernel of `make_fragments`."""
    return _kernel("fragments", (), ("float32*",) * 3)


def rounding_kernel() -> Kernel:
    """Return the kernel of `make_rounding`."""
    return _kernel("rounding", (), ("float32*", "float32*", "uint32*", "int32"))


def last_words_kernel(shared_bytes: int) -> Kernel:
    """Return the kernel of `make_last_words`."""
    return _kernel("last_words", (shared_bytes // 4,), ("float32*",))


def spin_kernel() -> Kernel:
    """Return the kernel of `make_spin`."""
    return _kernel("spin", (), ("int32*",), 1)


def kernels() -> Iterator[Kernel]:
    """Yield every kernel of a probe, for a folder that travels; those of layers are noted by a rehearsal."""
    yield from (ranks_kernel(blocks) for blocks in CLUSTERS)
    yield from (phases_kernel(), fragments_kernel(), rounding_kernel(), spin_kernel())
    yield last_words_kernel(target.facts().shared_bytes)
