"""Kernels to machine code: from a folder that came along, from the cache on disk, or from the compilers.

The way is the same with and without a GPU: numba makes PTX, NVIDIA's assembler makes machine code and says which
registers, stack and spills it needs. What is checked without a GPU is what runs on one.
"""

from __future__ import annotations

import functools
import re
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from cells.cuda.device import cubins, numba_cuda, target
from cells.cuda.device.cubins import Compiled, Resources, architecture
from cells.cuda.device.toolkit import find_program
from cells.cuda.kernel import Kernel

COMPILERS = ("numba", "numba-cuda", "nvidia-nvvm")


@functools.lru_cache(maxsize=1024)
def compiled(kernel: Kernel, capability: tuple[int, int]) -> Compiled:
    """Return machine code for a compute capability: from the folder that came along, the cache, or the compilers.

    Raises `CudaUnavailable` where there is none and no compiler is installed.
    """
    name = cubins.key(kernel, capability)
    folder = cubins.travelling()
    found = cubins.find(folder, name) if folder else None
    if found is not None:
        return found
    lacking = missing()
    if lacking is not None:
        where = f"in {folder} nor " if folder else ""
        raise target.CudaUnavailable(
            f"no machine code {name} {where}in the cache, and it cannot be compiled: {lacking}"
        )
    cache = cubins.cache_folder(compilers())
    found = cubins.find(cache, name)
    if found is None:
        found = _compile(kernel, capability)
        cubins.keep(cache, name, found)
    return found


def missing() -> str | None:
    """Say what is missing to compile a kernel, with how to get it; None where nothing is."""
    lacking = target.device().compiler_missing()
    if lacking is None and find_assembler() is None:
        lacking = f"ptxas is not installed: {target.INSTALL}"
    return lacking


@functools.cache
def compilers() -> dict[str, str]:
    """Return the versions of what makes machine code here."""
    found = {}
    for package in COMPILERS:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:  # from a CUDA toolkit, whose ptxas has the toolkit's version
            continue
    release = re.search(r"V(\d+\.\d+\.\d+)", _assembler_says())
    return found | {"ptxas": release[1] if release else "unknown"}


def _compile(kernel: Kernel, capability: tuple[int, int]) -> Compiled:
    from numba import types as numbas

    types: Any = numbas
    signature = [
        types.CPointer(getattr(types, name[:-1])) if name.endswith("*") else getattr(types, name)
        for name in kernel.signature
    ]
    with _compiling_for(capability):
        ptx, _ = numba_cuda.cuda.compile(
            kernel.function(),
            types.void(*signature),
            device=False,
            abi="numba",
            cc=capability,
            output="ptx",
            launch_bounds=(kernel.threads, 1),
        )
    entry = re.findall(r"\.visible \.entry (\w+)\(", ptx)
    code, report = _assemble(ptx, architecture(capability))
    return Compiled(code, entry[0], _resources(report, ptx), compilers())


def _assemble(ptx: str, arch: str) -> tuple[bytes, str]:
    """Return machine code by NVIDIA's assembler, and its report.

    As a whole program: linked as a library, by nvJitLink, the same PTX takes a third more registers on Ampere.
    """
    ptxas = find_assembler()
    if ptxas is None:
        raise target.CudaUnavailable(f"ptxas, NVIDIA's assembler, is not installed: {target.INSTALL}")
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder) / "kernel.ptx", Path(folder) / "kernel.cubin"
        source.write_text(ptx)
        command = [ptxas, f"-arch={arch}", "-v", str(source), "-o", str(made)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"ptxas ({ptxas}) refused a kernel for {arch}: {done.stderr.strip()}")
        return made.read_bytes(), done.stderr + done.stdout


def _assembler_says() -> str:
    ptxas = find_assembler()
    done = subprocess.run([ptxas, "--version"], capture_output=True, text=True, check=False) if ptxas else None
    return done.stdout if done else ""


@functools.cache
def find_assembler() -> str | None:
    """Return ptxas of the package nvidia-cuda-nvcc or of a CUDA toolkit, or None."""
    return find_program("ptxas")


_compiling = threading.Lock()


@contextmanager
def _compiling_for(capability: tuple[int, int]) -> Iterator[None]:
    """Let numba compile inner functions for this capability: for the GPU that is there, it would otherwise."""
    from numba.cuda import dispatcher as numbas

    dispatcher: Any = numbas

    with _compiling:
        known = dispatcher.get_current_device
        dispatcher.get_current_device = lambda: SimpleNamespace(compute_capability=capability, id=0)
        try:
            yield
        finally:
            dispatcher.get_current_device = known


def _resources(log: str, ptx: str) -> Resources:
    def largest(pattern: str) -> int:
        found = [int(number) for number in re.findall(pattern, log)]
        if not found:
            raise RuntimeError(f"the assembler's report names no {pattern!r}: {log!r}")
        return max(found)

    spills = largest(r"(\d+) bytes spill stores") + largest(r"(\d+) bytes spill loads")
    registers, stack = largest(r"Used (\d+) registers"), largest(r"(\d+) bytes stack frame")
    return Resources(registers, stack, spills, float64=".f64" in ptx)
