"""Compile a kernel and keep its machine code on disk, in a folder that no stale code can reach.

numba's own index looks at the file of the compiled function alone. A kernel here calls formulas in other files, so
its folder is named by a hash of the sources of all kernels of the CPU, of the versions, and of the CPU: after an edit,
an update or on another machine the name differs and the kernel is compiled anew. Where the folder cannot be written,
nothing is kept: numba alone would turn to the folder of the sources, where stale code can be reached.
"""

from __future__ import annotations

import functools
import hashlib
import os
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import llvmlite
import numba
import numpy as np
from llvmlite import binding
from numba import njit
from numba.extending import register_jitable

from cells import sources
from cells.cpu.target import cpu_features
from cells.lowering import FAST, INLINE
from cells.numba_private import compiler_is_off, cpu_name, using_cache_directory
from cells.registry import FILES

F = TypeVar("F", bound=Callable[..., Any])
R = TypeVar("R")


@functools.cache
def cache_directory() -> Path:
    """Return the folder of the compiled kernels: RECURBENCH_CACHE_DIR, else the user's cache folder, then the hash."""
    root = os.environ.get("RECURBENCH_CACHE_DIR")
    base = Path(root) if root else Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "recurbench"
    return base / f"kernels-{_fingerprint()}"


@functools.cache
def _can_keep() -> bool:
    """Say whether the folder of the compiled kernels can be written, with a warning if not."""
    directory = cache_directory()
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            return True
    except OSError as error:
        warnings.warn(
            f"compiled kernels cannot be kept in {directory} ({error}): each process compiles them anew, which takes "
            "up to a minute; allowed: RECURBENCH_CACHE_DIR=FOLDER with a folder that can be written",
            RuntimeWarning,
            stacklevel=2,
        )
        return False


def require_compiler() -> None:
    """Raise RuntimeError where numba is told to compile nothing."""
    if not compiler_is_off():
        return
    set_outside = os.environ.get("NUMBA_DISABLE_JIT")
    what = f"NUMBA_DISABLE_JIT={set_outside} is set" if set_outside else "numba.config.DISABLE_JIT is True"
    how = "unset NUMBA_DISABLE_JIT before Python starts" if set_outside else "numba.config.DISABLE_JIT = False"
    raise RuntimeError(
        f"{what}, so that numba compiles nothing, and the kernels of the CPU are compiled code; allowed: {how}; to "
        "follow a cell step by step in Python: cells.reference.reference, which is NumPy alone"
    )


def _fingerprint() -> str:
    digest = hashlib.sha256(sources.digest(_sources()).encode())
    cpu = cpu_name() or binding.get_host_cpu_name()
    features = ",".join(sorted(name for name, on in cpu_features().items() if on))
    for fact in (cpu, features, numba.__version__, llvmlite.__version__, np.__version__, sys.version):
        digest.update(fact.encode() + b"\0")
    return digest.hexdigest()[:16]


def _sources() -> set[Path]:
    """Return the files that kernels of the CPU are made of: those of `cells.cpu`, the cells, and what they import."""
    cpu = Path(__file__).parent / "cpu"
    files = sorted(cpu.rglob("[a-z]*.py"))
    modules = [".".join(path.relative_to(cpu.parents[1]).with_suffix("").parts) for path in files]
    modules += [f"cells.equations.{name}" for name in FILES]
    return set().union(*(sources.closure(module, ("cells.cuda",)) for module in modules))


def helper(function: F) -> F:
    """Compile into whatever kernel calls it; on the host it stays the Python function that it is."""
    register_jitable(**INLINE)(function)
    return function


def inner(function: Callable[..., R]) -> Callable[..., R]:
    """Compile what only kernels call: it is kept on disk as a part of them."""
    require_compiler()
    compiled: Callable[..., R] = njit(error_model="numpy", fastmath=FAST)(function)
    return compiled


def inner_in_any_order(function: Callable[..., R]) -> Callable[..., R]:
    """Compile as `inner`, but let sums be taken in any order: their last bits depend on the CPU."""
    require_compiler()
    compiled: Callable[..., R] = njit(error_model="numpy", fastmath=FAST | {"reassoc"})(function)
    return compiled


def kernel(function: Callable[..., R]) -> Callable[..., R]:
    """Compile on first call, release the GIL while running, keep the machine code in `cache_directory()`."""
    require_compiler()
    with using_cache_directory(cache_directory()):
        compiled: Callable[..., R] = njit(cache=_can_keep(), nogil=True, error_model="numpy", fastmath=FAST)(function)
    return compiled
