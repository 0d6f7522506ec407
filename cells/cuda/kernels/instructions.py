"""What a kernel calls: instructions of the GPU, or the simulator's functions of the same names."""

from __future__ import annotations

from cells.cuda.device.target import SIMULATED

if SIMULATED:
    from cells.cuda.simulator.instructions import (
        arrive,
        cluster_arrive,
        cluster_wait,
        cuda,
        from_lane,
        load4,
        load4_shared_by_blocks,
        load_shared_by_blocks,
        multiply_bfloat16,
        pack_bfloat16,
        pointer,
        round_bfloat16,
        store_in_cluster,
        wait_for,
    )
else:
    from cells.cuda.kernels.ptx import (  # type: ignore[assignment]
        arrive,
        cluster_arrive,
        cluster_wait,
        cuda,
        from_lane,
        load4,
        load4_shared_by_blocks,
        load_shared_by_blocks,
        multiply_bfloat16,
        pack_bfloat16,
        pointer,
        round_bfloat16,
        store_in_cluster,
        wait_for,
    )

__all__ = [
    "arrive",
    "cluster_arrive",
    "cluster_wait",
    "cuda",
    "from_lane",
    "load4",
    "load4_shared_by_blocks",
    "load_shared_by_blocks",
    "multiply_bfloat16",
    "pack_bfloat16",
    "pointer",
    "round_bfloat16",
    "store_in_cluster",
    "wait_for",
]
