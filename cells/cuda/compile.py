"""A kernel: compiled to machine code for one kind of GPU, and kept on disk.

The way is the same with and without a GPU: numba makes PTX, NVIDIA's assembler makes machine code and says which
registers, stack and spills it needs. What is checked without a GPU is what runs on one.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from cells.cpu.cache import cache_directory
from cells.cuda import target


@dataclass(frozen=True)
class Kernel:
    """A kernel before it is compiled.

    maker: a function of `parameters` (hashable) that returns the kernel as a plain function. signature: the types of
    its arguments, "float32*" for an address, "int32" for a number. threads: of a block.
    """

    maker: Callable[..., Any]
    parameters: tuple[Any, ...]
    signature: tuple[str, ...]
    threads: int

    @property
    def name(self) -> str:
        """What it is called in tables."""
        return self.maker.__name__.removeprefix("make_")


@dataclass(frozen=True)
class Resources:
    """Of a compiled kernel: registers, bytes of stack and spills of a thread; whether it computes in float64."""

    registers: int
    stack: int
    spills: int
    float64: bool


@dataclass(frozen=True)
class Compiled:
    """Machine code, the name of its entry, and its resources."""

    code: bytes
    entry: str
    resources: Resources


@functools.lru_cache(maxsize=512)
def compiled(kernel: Kernel, capability: tuple[int, int]) -> Compiled:
    """Machine code for a compute capability, from memory, from disk or from the compiler."""
    stem = cache_directory().with_name(cache_directory().name + "-cuda") / _key(kernel, capability)
    code, facts = stem.with_suffix(".cubin"), stem.with_suffix(".json")
    if code.exists() and facts.exists():
        known = json.loads(facts.read_text())
        return Compiled(code.read_bytes(), known["entry"], Resources(**known["resources"]))
    made = _compile(kernel, capability)
    stem.parent.mkdir(parents=True, exist_ok=True)
    _write(code, made.code)
    _write(facts, json.dumps({"entry": made.entry, "resources": asdict(made.resources)}).encode())
    return made


def _key(kernel: Kernel, capability: tuple[int, int]) -> str:
    maker = f"{kernel.maker.__module__}.{kernel.maker.__qualname__}"
    versions = (metadata.version("numba-cuda"), _assembler_version())
    text = repr((maker, kernel.parameters, kernel.signature, kernel.threads, capability, versions))
    return f"{kernel.name}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _write(path: Any, content: bytes) -> None:
    """Whole or not at all: another process may read it at any time."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(content)
    os.replace(file.name, path)


def architecture(capability: tuple[int, int]) -> str:
    """NVIDIA's name: Hopper's has an "a" for what only Hopper can do."""
    major, minor = capability
    return f"sm_{major}{minor}" + ("a" if (major, minor) == (9, 0) else "")


def _compile(kernel: Kernel, capability: tuple[int, int]) -> Compiled:
    if target.SIMULATED or target.COMPILER is not None:
        raise target.CudaUnavailable(target.COMPILER or "the simulator compiles nothing")
    from numba import types

    signature = [
        types.CPointer(getattr(types, name[:-1])) if name.endswith("*") else getattr(types, name)
        for name in kernel.signature
    ]
    with _compiling_for(capability):
        ptx, _ = target.cuda.compile(
            kernel.maker(*kernel.parameters),
            types.void(*signature),
            device=False,
            abi="numba",
            cc=capability,
            output="ptx",
            launch_bounds=(kernel.threads, 1),
        )
    entry = re.findall(r"\.visible \.entry (\w+)\(", ptx)
    code, report = _assemble(ptx, architecture(capability))
    return Compiled(code, entry[0], _resources(report, ptx))


def _assemble(ptx: str, arch: str) -> tuple[bytes, str]:
    """Machine code by NVIDIA's assembler, and its report.

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


@functools.cache
def _assembler_version() -> str:
    ptxas = find_assembler()
    done = subprocess.run([ptxas, "--version"], capture_output=True, text=True, check=False) if ptxas else None
    return done.stdout if done else ""


@functools.cache
def find_assembler() -> str | None:
    """Ptxas of the package nvidia-cuda-nvcc or of a CUDA toolkit, or None."""
    from cuda.pathfinder import find_nvidia_binary_utility

    found: str | None = find_nvidia_binary_utility("ptxas") or shutil.which("ptxas")
    return found


_compiling = threading.Lock()


@contextmanager
def _compiling_for(capability: tuple[int, int]) -> Iterator[None]:
    """Numba compiles inner functions for the GPU that is there; here none may be, or another one."""
    from numba.cuda import dispatcher

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
