"""CUDA kernels without a GPU: what they take of a chip; and the command that compiles them for one elsewhere."""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench.case import Case
from bench.rows import Measurement

if TYPE_CHECKING:
    from cells.cuda.target import Facts

# Of a multiprocessor, capabilities 8.0 and 9.0: CUDA C++ Programming Guide, table "Technical Specifications".
REGISTERS, REGISTER_UNIT, WARPS, WARP_UNIT, MOST_BLOCKS = 65536, 256, 64, 4, 32
SHARED = {"sm_80": 164 * 1024, "sm_90a": 228 * 1024}
SHARED_OF_SYSTEM, SHARED_UNIT = 1024, 128  # of each block
HERE = "here"


def why_not() -> str | None:
    """What is missing to compile kernels, with how to get it; None where nothing is."""
    if importlib.util.find_spec("numba_cuda") is None and os.environ.get("RECURBENCH_CUDA") != "simulator":
        return 'numba-cuda is not installed: pip install "recurbench[cuda13]" (or cuda12, for an older driver)'
    from cells.cuda.compile import missing

    return missing()


def chip(backend: str) -> Facts:
    """The data sheet of the GPU that a backend compiles for."""
    from cells.cuda.target import A100, H200

    return {"sm_80": A100, "sm_90a": H200}[backend]


def measure(case: Case, block: int) -> list[Measurement]:
    """Compile the case's kernel; its registers, memory, and how many of its blocks a multiprocessor has."""
    from cells.cuda.compile import compiled
    from cells.cuda.kernel import time_loop
    from cells.cuda.plan import choose

    sheet = chip(case.backend)
    given = (case.cell, case.hidden_size, case.batch_size, case.dtype, sheet)
    choice = choose(*given, way=case.direction, sharing=case.variant)
    by_rule = choose(*given, way=case.direction)
    design = choice.design
    needs = compiled(time_loop(design, case.direction), sheet.capability).resources
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
        "chosen": int(by_rule.design.sharing == case.variant),
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


def main(argv: Sequence[str] | None = None) -> int:
    """Compile the kernels that the checks of a GPU launch, or fit the rule's costs to measured rows.

    0: done; 2: wrong use, or a compiler is missing.
    """
    from bench.gpu_checks.check import STAGES

    parser = argparse.ArgumentParser(prog="python -m bench.gpu_kernels", description=main.__doc__)
    parser.add_argument("--for", dest="chip", choices=(*SHARED, HERE), help="the architecture, or the GPU that is here")
    into = "a folder that is to travel; it has to begin empty (default: the user's cache alone)"
    parser.add_argument("--into", type=Path, metavar="FOLDER", help=into)
    parser.add_argument("--stage", action="append", choices=STAGES, help="of these stages' checks; may be repeated")
    parser.add_argument("--preset", choices=("toy", "quick", "course"), default="quick", help="shapes (default quick)")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="default: one for each core")
    parser.add_argument("--fit", type=Path, metavar="ROWS", help="fit the rule's costs to a store or an export")
    parser.add_argument("--gpu", help="with --fit: rows of this GPU, where there are several")
    parser.add_argument("--write", action="store_true", help="with --fit: write them to cells/cuda/costs.toml")
    arguments = parser.parse_args(argv)
    if (arguments.chip is None) == (arguments.fit is None):
        parser.error("one of --for ARCHITECTURE and --fit ROWS is needed")
    if arguments.fit is not None:
        from bench.gpu_fit import fit_command

        return fit_command(arguments.fit, gpu=arguments.gpu, write=arguments.write)
    lacking = why_not()
    if lacking is not None:
        print(f"nothing can be compiled: {lacking}", file=sys.stderr)
        return 2
    return _compile(arguments)


def _compile(arguments: argparse.Namespace) -> int:
    from bench import gpu
    from bench.gpu_checks.cubins import REHEARSED, compile_all, fill, kernels_of

    if arguments.chip == HERE and not gpu.available():
        print(f"no GPU to compile for: {gpu.why_not() or 'nvidia-smi sees none'}", file=sys.stderr)
        return 2
    if arguments.into is not None and arguments.into.exists() and any(arguments.into.iterdir()):
        print(f"{arguments.into} is not empty; allowed: a new folder, so that no old kernel travels", file=sys.stderr)
        return 2
    facts = _facts_of(arguments.chip)
    kernels = kernels_of(arguments.stage or REHEARSED, facts, arguments.preset)
    print(f"{len(kernels)} kernels for {facts.name}, in {arguments.processes} processes", flush=True)
    if arguments.into is None:
        compile_all(kernels, facts.capability, arguments.processes)
        return 0
    size = fill(arguments.into, kernels, facts.capability, arguments.processes)
    print(f"{arguments.into}: {size / 2**20:.2f} MiB")
    return 0


def _facts_of(name: str) -> Facts:
    from cells.cuda.target import facts

    return facts() if name == HERE else chip(name)


if __name__ == "__main__":
    sys.exit(main())
