"""Machine code that travels: every kernel that the checks launch, compiled here for a GPU that is somewhere else."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.gpu_checks import passes
from bench.gpu_checks.passes import Pass
from bench.run.environment import ROOT

if TYPE_CHECKING:
    from cells.cuda.device.facts import Facts
    from cells.cuda.kernel import Kernel

REHEARSED = ("contact", "parity", "steps", "grid", "half", "sanitizer")
MOST_BYTES = 16 << 20  # of what travels: a copy of the sources and of wheels travels beside it


def kernels_of(stages: Sequence[str], facts: Facts, preset: str) -> list[Kernel]:
    """Name every kernel that the checks of these stages launch on such a GPU, each once.

    They are rehearsed in a process of their own, in which the simulator stands in for a GPU.
    """
    environment = os.environ | {"RECURBENCH_CUDA": "simulator"}
    command = [sys.executable, "-m", "bench.gpu_checks.cubins", preset, *stages]
    chip = pickle.dumps(facts)
    done = subprocess.run(command, cwd=ROOT, env=environment, input=chip, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the rehearsal failed: {done.stderr.decode(errors='replace').strip()}")
    kernels: list[Kernel] = pickle.loads(done.stdout)
    return kernels


def rehearse(stages: Sequence[str], facts: Facts, preset: str) -> list[Kernel]:
    """Rehearse the checks of these stages in this process, which is a simulator's; the kernels that they launch."""
    from bench.gpu_checks import probe_kernels, probes
    from bench.gpu_checks.stages import Setting, plan
    from cells.cuda import kernel
    from cells.cuda.device.rehearsal import rehearsing

    setting = Setting(facts, torch=True, blocks=1, preset=preset)
    with rehearsing(facts) as noted:
        for check in plan(setting, [stage for stage in stages if stage in REHEARSED]):
            for call in _passes(check.arguments):
                passes.rehearse(call)
            if check.action == "product":
                _rehearse_product(check.arguments)
            elif check.action in ("profile", "sanitizer") and check.arguments["pass"]["merge"] is None:
                passes.rehearse_profile(Pass(**check.arguments["pass"]))
        if "contact" in stages:
            noted |= dict.fromkeys(probe_kernels.kernels())
            passes.rehearse(probes.GRAPHS)
        noted[kernel.fill("float32")] = None  # cuBLAS adds to a bias; own products, which are rehearsed, need none
        noted[kernel.fill("float64")] = None
    return list(noted)


def _passes(arguments: Mapping[str, Any]) -> Iterator[Pass]:
    """Yield the passes whose kernels a check launches."""
    if "pass" in arguments:
        yield Pass(**arguments["pass"])
    for case in arguments.get("cases", ()):
        if case["backend"].startswith("cuda"):
            sizes = (case["seq_len"], case["batch_size"], case["input_size"], case["hidden_size"])
            sharing = None if case["variant"] == "-" else case["variant"]
            yield Pass(case["cell"], case["direction"], *sizes, case["dtype"], sharing)


def _rehearse_product(arguments: Mapping[str, Any]) -> None:
    """Call a product over all steps by our own kernels."""
    from cells.cuda.device.memory import empty
    from cells.cuda.products.matrices import Matrix
    from cells.cuda.products.multiply import DeviceMatrix, multiply

    rows, columns, depth = arguments["sizes"]
    kind = arguments["dtype"]
    multiply(
        DeviceMatrix(empty((rows, depth), kind), Matrix(rows, depth, 0, depth)),
        DeviceMatrix(empty((columns, depth), kind), Matrix(columns, depth, 0, depth)),
        DeviceMatrix(empty((rows, columns), kind), Matrix(rows, columns, 0, columns)),
        b_transposed=True,
        bias=empty((columns,), kind),
        rounded=bool(arguments.get("rounded", False)),
    )


def compile_all(kernels: Sequence[Kernel], capability: tuple[int, int], processes: int) -> None:
    """Compile what is not in the cache yet, by processes of their own: none inherits a GPU's context."""
    with ProcessPoolExecutor(min(processes, len(kernels)), mp_context=get_context("spawn")) as pool:
        list(pool.map(_compile, kernels, repeat(capability), chunksize=1))


def fill(folder: Path, kernels: Sequence[Kernel], capability: tuple[int, int], processes: int) -> int:
    """Compile kernels and put all of them into a folder; return its bytes.

    Raises CudaUnavailable where a compiler is missing, ValueError where the folder has more than `MOST_BYTES`.
    """
    from cells.cuda.device import cubins
    from cells.cuda.device.compile import compiled, compilers

    cubins.all_sources()  # names are those of the sources as they are now, whoever edits them meanwhile
    compile_all(kernels, capability, processes)
    for kernel in kernels:
        cubins.keep(folder, cubins.key(kernel, capability), compiled(kernel, capability))
    cubins.write_manifest(folder, compilers())
    size = sum(path.stat().st_size for path in folder.iterdir())
    if size > MOST_BYTES:
        raise ValueError(f"{folder} has {size / 2**20:.1f} MiB; allowed: {MOST_BYTES / 2**20:.0f}; name fewer stages")
    return size


def _compile(kernel: Kernel, capability: tuple[int, int]) -> None:
    from cells.cuda.device.compile import compiled

    compiled(kernel, capability)


if __name__ == "__main__":
    sys.stdout.buffer.write(pickle.dumps(rehearse(sys.argv[2:], pickle.load(sys.stdin.buffer), sys.argv[1])))
