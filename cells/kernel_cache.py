"""Compile a kernel and keep its machine code on disk, in a folder that no stale code can reach.

numba's own index looks at the file of the compiled function alone. A kernel here calls formulas in other files, so
its folder is named by a hash of the sources of all kernels of the CPU, of the versions, and of the CPU: after an edit,
an update or on another machine the name differs and the kernel is compiled anew.
"""

from __future__ import annotations

import functools
import hashlib
import os
import sys
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
from cells.numba_private import cpu_name, using_cache_directory
from cells.registry import FILES

F = TypeVar("F", bound=Callable[..., Any])
R = TypeVar("R")


@functools.cache
def cache_directory() -> Path:
    """Return the folder of the compiled kernels: RECURBENCH_CACHE_DIR, else the user's cache folder, then the hash."""
    root = os.environ.get("RECURBENCH_CACHE_DIR")
    base = Path(root) if root else Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "recurbench"
    return base / f"kernels-{_fingerprint()}"


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
    compiled: Callable[..., R] = njit(error_model="numpy", fastmath=FAST)(function)
    return compiled


def inner_in_any_order(function: Callable[..., R]) -> Callable[..., R]:
    """Compile as `inner`, but let sums be taken in any order: their last bits depend on the CPU."""
    compiled: Callable[..., R] = njit(error_model="numpy", fastmath=FAST | {"reassoc"})(function)
    return compiled


def kernel(function: Callable[..., R]) -> Callable[..., R]:
    """Compile on first call, release the GIL while running, keep the machine code in `cache_directory()`."""
    with using_cache_directory(cache_directory()):
        compiled: Callable[..., R] = njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)(function)
    return compiled
