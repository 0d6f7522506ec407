"""`python -m bench.gpu_kernels`: compile CUDA kernels for a GPU elsewhere, or fit the costs of the rule to rows."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bench.measures.machine_code import SHARED, chip, why_not

if TYPE_CHECKING:
    from cells.cuda.device.facts import Facts

HERE = "here"


def main(argv: Sequence[str] | None = None) -> int:
    """Compile the kernels that the checks of a GPU launch, or fit the rule's costs to measured rows.

    0: done; 2: wrong use, or a compiler is missing.
    """
    from bench.gpu_checks.check import STAGES

    parser = argparse.ArgumentParser(prog="python -m bench.gpu_kernels", description=main.__doc__)
    parser.add_argument("--for", dest="chip", choices=(*SHARED, HERE), help="the architecture, or the GPU that is here")
    into = "a folder that is to travel; it has to begin empty (default: the user's cache alone)"
    parser.add_argument("--into", type=Path, metavar="FOLDER", help=into)
    counts = "multiprocessors of the GPU, where it has others than the data sheet's; may be repeated, for all of them"
    parser.add_argument("--multiprocessors", type=_count, action="append", metavar="COUNT", help=counts)
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
        from bench.gpu_kernels.fit_command import fit_command

        return fit_command(arguments.fit, gpu=arguments.gpu, write=arguments.write)
    lacking = why_not()
    if lacking is not None:
        print(f"nothing can be compiled: {lacking}", file=sys.stderr)
        return 2
    return _compile(arguments)


def _compile(arguments: argparse.Namespace) -> int:
    from bench.gpu_checks.cubins import REHEARSED, compile_all, fill, kernels_of
    from bench.run import gpu_facts as gpu

    if arguments.chip == HERE and not gpu.available():
        print(f"no GPU to compile for: {gpu.why_not() or 'nvidia-smi sees none'}", file=sys.stderr)
        return 2
    if arguments.into is not None and arguments.into.exists() and any(arguments.into.iterdir()):
        print(f"{arguments.into} is not empty; allowed: a new folder, so that no old kernel travels", file=sys.stderr)
        return 2
    facts = _facts_of(arguments.chip)
    chips = [_with(facts, count) for count in arguments.multiprocessors or ()] or [facts]
    stages = arguments.stage or REHEARSED
    # The rule takes other kernels on another number of multiprocessors; most are the same.
    kernels = list(dict.fromkeys(kernel for chip in chips for kernel in kernels_of(stages, chip, arguments.preset)))
    named = ", ".join(f"{facts.name} with {chip.multiprocessors} multiprocessors" for chip in chips)
    print(f"{len(kernels)} kernels for {named}, in {arguments.processes} processes", flush=True)
    if arguments.into is None:
        compile_all(kernels, facts.capability, arguments.processes)
        return 0
    size = fill(arguments.into, kernels, facts.capability, arguments.processes)
    print(f"{arguments.into}: {size / 2**20:.2f} MiB")
    return 0


def _count(text: str) -> int:
    """Read an integer of at least 1, for argparse."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r}; allowed: an integer of at least 1")
    return value


def _with(facts: Facts, multiprocessors: int) -> Facts:
    """Return the facts of such a chip with another number of multiprocessors."""
    from cells.cuda.device.facts import gpcs_of

    gpcs = gpcs_of(multiprocessors) if facts.clusters else ()
    return replace(facts, multiprocessors=multiprocessors, gpcs=gpcs)


def _facts_of(name: str) -> Facts:
    """Return the facts of an architecture's data sheet, or of the GPU that is here."""
    from cells.cuda.device.target import facts

    return facts() if name == HERE else chip(name)


if __name__ == "__main__":
    sys.exit(main())
