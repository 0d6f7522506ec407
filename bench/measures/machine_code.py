"""CUDA kernels as machine code, without a GPU: what each takes of a chip."""

from __future__ import annotations

import importlib.util
import os
from typing import TYPE_CHECKING

from bench.case import Case
from bench.rows import Measurement

if TYPE_CHECKING:
    from cells.cuda.device.facts import Facts

# Of a multiprocessor, capabilities 8.0 and 9.0: CUDA C++ Programming Guide, table "Technical Specifications".
REGISTERS = 65536
REGISTER_UNIT = 256
WARPS = 64
WARP_UNIT = 4
MOST_BLOCKS = 32
SHARED = {"sm_80": 164 * 1024, "sm_90a": 228 * 1024}
SHARED_OF_SYSTEM, SHARED_UNIT = 1024, 128  # of each block


def why_not() -> str | None:
    """Return what is missing to compile kernels, with how to get it; None where nothing is."""
    if importlib.util.find_spec("numba_cuda") is None and os.environ.get("RECURBENCH_CUDA") != "simulator":
        return 'numba-cuda is not installed: pip install "recurbench[cuda13]" (or cuda12, for an older driver)'
    from cells.cuda.device.compile import missing

    return missing()


def chip(backend: str) -> Facts:
    """Return the data sheet of the GPU that a backend compiles for."""
    from cells.cuda.device.facts import A100, H200

    return {"sm_80": A100, "sm_90a": H200}[backend]


def measure(case: Case, block: int) -> list[Measurement]:
    """Compile the case's kernel; its registers, memory, and how many of its blocks a multiprocessor has."""
    from cells.cuda.device.compile import compiled
    from cells.cuda.kernel import time_loop
    from cells.cuda.plan.rule import Workload, choose

    sheet = chip(case.backend)
    work = Workload(case.cell, case.hidden_size, case.batch_size, case.dtype, sheet, way=case.direction)
    choice, by_rule = choose(work, sharing=case.word("variant")), choose(work)
    config = choice.config
    needs = compiled(time_loop(config, case.direction), sheet.capability).resources
    numbers = {
        "registers": needs.registers,
        "stack_bytes": needs.stack,
        "spill_bytes": needs.spills,
        "shared_bytes": config.shared_bytes,
        "threads": config.threads,
        "blocks": config.parts * choice.groups,
        "blocks_per_multiprocessor": resident_blocks(
            needs.registers, config.shared_bytes, config.threads, SHARED[case.backend]
        ),
        "chosen": int(by_rule.config.sharing == case.word("variant")),
    }
    units = {"stack_bytes": "B", "spill_bytes": "B", "shared_bytes": "B", "chosen": "1"}
    return [Measurement(case, name, float(value), units.get(name, "count"), block) for name, value in numbers.items()]


def resident_blocks(registers: int, shared_bytes: int, threads: int, shared_of_chip: int) -> int:
    """Blocks that one multiprocessor has at once: NVIDIA's occupancy rule.

    registers: of a thread, handed out to warps in units of 256, and warps in fours. shared_bytes: of a block, in units
    of 128, with 1 KB more for the system.
    """
    warps = -(-threads // 32)
    warps = -(-warps // WARP_UNIT) * WARP_UNIT
    of_warp = -(-registers * 32 // REGISTER_UNIT) * REGISTER_UNIT
    by_registers = REGISTERS // of_warp // WARP_UNIT * WARP_UNIT // warps
    of_block = -(-(shared_bytes + SHARED_OF_SYSTEM) // SHARED_UNIT) * SHARED_UNIT
    return min(by_registers, WARPS // warps, shared_of_chip // of_block, MOST_BLOCKS)
