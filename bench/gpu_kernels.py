"""CUDA kernels without a GPU: compiled to machine code, in parallel or one by one, and what they take of a chip."""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING, NamedTuple

from bench.case import Case
from bench.rows import Measurement

if TYPE_CHECKING:
    from cells.cuda.compile import Kernel
    from cells.cuda.plan import Choice
    from cells.cuda.target import Facts

# Of a multiprocessor, capabilities 8.0 and 9.0: CUDA C++ Programming Guide, table "Technical Specifications".
REGISTERS, REGISTER_UNIT, WARPS, WARP_UNIT, MOST_BLOCKS = 65536, 256, 64, 4, 32
SHARED = {"sm_80": 164 * 1024, "sm_90a": 228 * 1024}
SHARED_OF_SYSTEM, SHARED_UNIT = 1024, 128  # of each block


class Job(NamedTuple):
    """A kernel by what the rule chooses it from; unlike the kernel itself it travels to another process."""

    cell: str
    hidden: int
    batch: int
    dtype: str
    facts: Facts
    way: str
    keep: bool
    sharing: str | None

    def choice(self) -> Choice:
        """The design and its grid."""
        from cells.cuda.plan import choose

        given = (self.cell, self.hidden, self.batch, self.dtype, self.facts)
        return choose(*given, way=self.way, keep=self.keep, sharing=self.sharing)

    def kernel(self) -> Kernel:
        """The kernel, not yet compiled."""
        from cells.cuda.run import kernel_of

        return kernel_of(self.choice().design, self.way)


def why_not() -> str | None:
    """What is missing to compile kernels, with how to get it; None where nothing is."""
    if importlib.util.find_spec("numba_cuda") is None and os.environ.get("RECURBENCH_CUDA") != "simulator":
        return 'numba-cuda is not installed: pip install "recurbench[cuda13]" (or cuda12, for an older driver)'
    from cells.cuda import target
    from cells.cuda.compile import find_assembler

    if target.SIMULATED:
        return "the simulator compiles nothing"
    return target.COMPILER or (None if find_assembler() else f"ptxas is not installed: {target.INSTALL}")


def chip(backend: str) -> Facts:
    """The data sheet of the GPU that a backend compiles for."""
    from cells.cuda.target import A100, H200

    return {"sm_80": A100, "sm_90a": H200}[backend]


def measure(case: Case, block: int) -> list[Measurement]:
    """Compile the case's kernel; its registers, memory, and how many of its blocks a multiprocessor has."""
    from cells.cuda.compile import compiled

    sheet = chip(case.backend)
    job = Job(case.cell, case.hidden_size, case.batch_size, case.dtype, sheet, case.direction, True, case.variant)
    choice, design = job.choice(), job.choice().design
    needs = compiled(job.kernel(), sheet.capability).resources
    numbers = {
        "registers": needs.registers,
        "stack_bytes": needs.stack,
        "spill_bytes": needs.spills,
        "shared_bytes": design.shared_bytes,
        "threads": design.threads,
        "blocks": design.parts * choice.groups,
        "blocks_per_multiprocessor": resident_blocks(
            needs.registers, design.shared_bytes, design.threads, SHARED[case.backend]
        ),
        "chosen": int(job._replace(sharing=None).choice().design.sharing == case.variant),
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


def jobs_of(cases: Iterable[Case], facts: Facts) -> list[Job]:
    """One job for each different kernel of the time loop that runs in these cases on that GPU."""
    found: dict[Kernel, Job] = {}
    for case in cases:
        if not case.backend.startswith("cuda"):
            continue
        training = case.direction == "training"
        sharing = None if case.variant == "-" else case.variant
        for way in ("forward", "backward") if training else ("forward",):
            job = Job(case.cell, case.hidden_size, case.batch_size, case.dtype, facts, way, training, sharing)
            found.setdefault(job.kernel(), job)
    return list(found.values())


def compile_job(job: Job) -> None:
    """Compile it, unless it is on disk."""
    from cells.cuda.compile import compiled

    compiled(job.kernel(), job.facts.capability)


def compile_all(jobs: Sequence[Job], processes: int) -> None:
    """Every kernel onto the disk, by that many processes of their own: none inherits a GPU's context."""
    if not jobs:
        return
    with ProcessPoolExecutor(min(processes, len(jobs)), mp_context=get_context("spawn")) as pool:
        for _ in pool.map(compile_job, jobs):
            pass


def main(argv: Sequence[str] | None = None) -> int:
    """Compile what the GPU studies of a preset run here; 0 done, 2 wrong use or no GPU."""
    from bench import gpu
    from bench.gpu_cases import gpu_cases, sharing_cases
    from bench.presets import ALL

    parser = argparse.ArgumentParser(prog="python -m bench.gpu_kernels", description=main.__doc__)
    parser.add_argument("--preset", default="course", choices=ALL, help="default course")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="default: one for each core")
    arguments = parser.parse_args(argv)
    if not gpu.available():
        print(f"no GPU to compile for: {gpu.why_not() or 'nvidia-smi sees none'}", file=sys.stderr)
        return 2
    from cells.cuda.target import facts

    preset = ALL[arguments.preset]
    jobs = jobs_of([*gpu_cases(preset), *sharing_cases(preset)], facts())
    print(f"compiling {len(jobs)} kernels for {facts().name} in {arguments.processes} processes")
    compile_all(jobs, arguments.processes)
    return 0


if __name__ == "__main__":
    sys.exit(main())
