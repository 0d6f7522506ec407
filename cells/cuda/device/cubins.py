"""Machine code on disk, under a name that holds on every machine.

The name is made of the sources of the kernel and of the cells, what the kernel's maker is given, and the architecture
it is for: neither the CPU nor the Python of the machine enters it. Each piece of machine code says what made it. There
are two places:

- the user's cache, a folder for each set of compilers; a kernel that is not there is compiled and kept;
- a folder that travels, named by `TRAVELLING` and looked at first: where no compiler is installed, kernels run
  from there. It is read and never written, but for `python -m bench.gpu_kernels`, which fills it.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import importlib
import json
import os
import tempfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cells import sources
from cells.cuda.device.target import TRAVELLING
from cells.cuda.kernel import MAKERS, Kernel
from cells.registry import CELLS

CACHE = "RECURBENCH_CACHE_DIR"
ENDING = ".cubin.gz"
NOT_COMPILED = ("cells.cuda.device", "cells.cuda.simulator")
"""Packages that say where a kernel runs, and enter no machine code."""


@dataclass(frozen=True)
class Resources:
    """Of a compiled kernel: registers, bytes of stack and spills of a thread; whether it computes in float64."""

    registers: int
    stack: int
    spills: int
    float64: bool


@dataclass(frozen=True)
class Compiled:
    """Machine code, the name of its entry, its resources, and the versions of what made it."""

    code: bytes
    entry: str
    resources: Resources
    compilers: Mapping[str, str]


def architecture(capability: tuple[int, int]) -> str:
    """NVIDIA's name of a capability: Hopper's has an "a" for what only Hopper can do."""
    major, minor = capability
    return f"sm_{major}{minor}" + ("a" if (major, minor) == (9, 0) else "")


def key(kernel: Kernel, capability: tuple[int, int]) -> str:
    """Return the name of a kernel's machine code, the same on every machine that has these sources."""
    given = (kernel.maker, kernel.parameters, kernel.signature, kernel.threads)
    text = f"{source_digest(kernel.module)} {given!r}"
    return f"{kernel.name}-{architecture(capability)}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


@functools.cache
def source_digest(module: str) -> str:
    """16 hex digits over the sources of a maker and of every cell."""
    files = set(sources.closure(module, NOT_COMPILED))
    for name in {spec.forward.__module__ for spec in CELLS.values()}:
        own = importlib.import_module(name).__file__
        # A cell of the registry by what it imports too; one that somebody else has registered by its file.
        files |= sources.closure(name) if name.startswith("cells.") else {Path(str(own))}
    return sources.digest(files)


def travelling() -> Path | None:
    """Return the folder of machine code that came along, or None; FileNotFoundError where it is named and not there."""
    given = os.environ.get(TRAVELLING)
    if not given:
        return None
    folder = Path(given)
    if not folder.is_dir():
        raise FileNotFoundError(f"{TRAVELLING} is {given!r}; allowed: a folder of machine code, or nothing")
    return folder


def cache_folder(compilers: Mapping[str, str]) -> Path:
    """Where what these compilers make is kept: below RECURBENCH_CACHE_DIR, else below the user's cache folder."""
    root = os.environ.get(CACHE)
    base = Path(root) if root else Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "recurbench"
    text = json.dumps(dict(compilers), sort_keys=True)
    return base / f"cubins-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def find(folder: Path, name: str) -> Compiled | None:
    """Return the machine code of that name in a folder, or None; ValueError where its file is damaged."""
    path = folder / f"{name}{ENDING}"
    if not path.exists():
        return None
    try:
        header, _, code = gzip.decompress(path.read_bytes()).partition(b"\n")
        known = json.loads(header)
        whole = hashlib.sha256(code).hexdigest() == known["sha256"]
        found = Compiled(code, known["entry"], Resources(**known["resources"]), known["compilers"])
    except (OSError, EOFError, ValueError, KeyError, TypeError, zlib.error) as error:
        raise ValueError(f"{path} is damaged ({type(error).__name__}: {error}); remove it: it is made anew") from error
    if not whole:
        raise ValueError(f"{path} is damaged: its machine code is not what its first line says; remove it")
    return found


def keep(folder: Path, name: str, made: Compiled) -> None:
    """Write machine code to a folder: a line of JSON that says what it is, then the code, compressed."""
    folder.mkdir(parents=True, exist_ok=True)
    facts: dict[str, Any] = {
        "entry": made.entry,
        "resources": asdict(made.resources),
        "compilers": dict(made.compilers),
        "sha256": hashlib.sha256(made.code).hexdigest(),
    }
    content = json.dumps(facts, sort_keys=True).encode() + b"\n" + made.code
    _write(folder / f"{name}{ENDING}", gzip.compress(content, mtime=0))


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all: another process may read it at any time."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(content)
    os.chmod(file.name, 0o644)
    os.replace(file.name, path)


MANIFEST = "manifest.json"


def all_sources() -> str:
    """16 hex digits over the sources of every kernel."""
    makers = sorted(path.stem for path in (Path(__file__).parents[1] / "kernels").glob("[a-z]*.py"))
    text = " ".join(source_digest(f"{MAKERS}.{name}") for name in makers)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def write_manifest(folder: Path, compilers: Mapping[str, str]) -> None:
    """Say in a folder that is to travel what its machine code was made from, and by what."""
    facts = {"sources": all_sources(), "compilers": dict(compilers)}
    _write(folder / MANIFEST, json.dumps(facts, indent=2, sort_keys=True).encode())


def manifest(folder: Path) -> dict[str, Any]:
    """Read what a folder that travels says of itself: `sources` and `compilers`; nothing where it says nothing.

    A file that cannot be read says nothing but `damaged`, with the reason: the machine code beside it may be whole.
    """
    path = folder / MANIFEST
    if not path.exists():
        return {}
    try:
        facts = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        return {"damaged": f"{path}: {error}"}
    if not isinstance(facts, dict) or not isinstance(facts.get("compilers", {}), dict):
        return {"damaged": f"{path} has no object with `sources` and `compilers`"}
    return facts
