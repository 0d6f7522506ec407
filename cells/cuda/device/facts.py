"""What a plan needs to know of a GPU, and the data sheets for plans where there is none."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Facts:
    """What a plan needs to know of a GPU."""

    name: str
    capability: tuple[int, int]
    multiprocessors: int
    shared_bytes: int
    """Shared memory that one block may have, at most."""
    gpcs: tuple[int, ...] = ()
    """Multiprocessors of each graphics processing cluster, inside of one of which a cluster of blocks has to be; none
    where blocks do not reach each other's shared memory (before capability 9.0)."""

    @property
    def clusters(self) -> bool:
        """Say whether blocks of a cluster reach each other's shared memory."""
        return bool(self.gpcs)

    def clusters_of(self, blocks: int) -> int:
        """Return how many clusters of that many blocks are there at once, a block on each multiprocessor."""
        return sum(count // blocks for count in self.gpcs)


# Data sheets, for plans where there is no GPU: compiling, simulating, and the table of resources.
A100 = Facts("NVIDIA A100", (8, 0), 108, 163 * 1024)
# No data sheet says how its 132 multiprocessors are distributed. 15 clusters of 8 blocks fit, not 16 (others' reports:
# NVIDIA/cutlass issue 1921, accel-sim/gpu-app-collection issue 87); this is the evenest distribution that explains it,
# an estimate until `python -m bench.gpu_checks --only room-for-clusters` has asked a driver.
HOPPER_GPCS = (18, 18, 18, 16, 16, 16, 16, 14)
H200 = Facts("NVIDIA H200", (9, 0), 132, 227 * 1024, HOPPER_GPCS)


def gpcs_of(multiprocessors: int) -> tuple[int, ...]:
    """Return how that many of a Hopper are distributed, as far as is known; no driver tells."""
    if multiprocessors == sum(HOPPER_GPCS):
        return HOPPER_GPCS
    whole, rest = divmod(multiprocessors, min(HOPPER_GPCS))
    return (min(HOPPER_GPCS),) * whole + ((rest,) if rest else ())
