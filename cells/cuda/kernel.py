"""Every kernel there is, by name: what a launch, a cache of machine code and a compiler know it by.

A kernel is named by the function that makes it and by what that function is given. The function itself, in
`cells.cuda.kernels`, needs numba and is imported when somebody compiles or simulates; machine code that is ready runs
without it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from cells.cuda.plan.config import KernelConfig
from cells.cuda.plan.tile import WARP

MAKERS = "cells.cuda.kernels"
COPYING, PACKING = 256, 128  # threads of a block
MOST_WARPS = 32  # of a block


@dataclass(frozen=True)
class Kernel:
    """A kernel before it is compiled.

    maker: "module.function" inside of `cells.cuda.kernels`, a function of `parameters` (hashable) that returns the
    kernel as a plain function. signature: the types of its arguments, "float32*" for an address, "int32" for a number.
    threads: of a block.
    """

    maker: str
    parameters: tuple[Any, ...]
    signature: tuple[str, ...]
    threads: int

    @property
    def name(self) -> str:
        """What the kernel is called in tables."""
        return self.maker.rpartition(".")[2].removeprefix("make_")

    @property
    def module(self) -> str:
        """The module that makes it, by its whole name."""
        return f"{MAKERS}.{self.maker.rpartition('.')[0]}"

    def function(self) -> Callable[..., None]:
        """Return the kernel as a plain function, for numba or the simulator; ImportError without numba."""
        made: Callable[..., None] = getattr(importlib.import_module(self.module), self.maker.rpartition(".")[2])(
            *self.parameters
        )
        return made


def time_loop(config: KernelConfig, way: str) -> Kernel:
    """Return the time loop of a configuration, "forward" or "backward": `cells.cuda.kernels.forward` and its twin."""
    reals, words = (3, 2) if way == "forward" else (5, 2)
    kinds = (*["{0}*"] * reals, *["{1}*"] * words, "int32*", *["int32"] * 5)
    # Weights for tensor cores are words of two numbers.
    filled = _signature(kinds, config.real, "uint32" if config.on_tensor_cores else config.real)
    return Kernel(f"{way}.make_{way}", (config,), filled, config.threads)


def profile(config: KernelConfig) -> Kernel:
    """Return the backward pass in log scale."""
    kinds = (*["{0}*"] * 4, "int32*", *["{0}*"] * 2, *["int32"] * 2)
    return Kernel("profile.make_profile", (config,), _signature(kinds, config.real), profile_threads(config))


def profile_threads(config: KernelConfig) -> int:
    """Threads of the profile's block: those of the products, however many units there are."""
    return max((tile.threads for tile in config.tiles), default=WARP)


def profile_shared_bytes(config: KernelConfig) -> int:
    """Shared memory of the profile's block: the time loop's, a number of every warp, and the carried gradient."""
    more = MOST_WARPS + len(config.spec.states) * config.hidden
    return config.shared_bytes + more * np.dtype(config.real).itemsize


def norms(real: str) -> Kernel:
    """Norms of rows, a warp for each."""
    return Kernel("profile.make_norms", (real,), _signature(("{0}*", "{0}*", *["int32"] * 5), real), WARP)


def pack(real: str, way: str, tensor: bool, rounded: bool) -> Kernel:
    """Recurrent weights in the order of a tile's threads, for tensor cores or not, rounded to bfloat16 or not."""
    kinds = ("{0}*", "int32*", "{1}*", *["int32"] * 10)
    signature = _signature(kinds, real, "uint32" if tensor else real)
    return Kernel("pack.make_pack", (real, way, tensor, rounded), signature, PACKING)


def place(real: str, accumulate: bool) -> Kernel:
    """Copy a block of one array into one of another, or add it there."""
    signature = _signature(("{0}*", "{0}*", *["int32"] * 8, "{0}"), real)
    return Kernel("copies.make_place", (accumulate,), signature, COPYING)


def fill(real: str) -> Kernel:
    """One row into all rows of a matrix."""
    return Kernel("copies.make_fill", (), _signature(("{0}*", "{0}*", *["int64"] * 4), real), COPYING)


def _signature(kinds: tuple[str, ...], *types: str) -> tuple[str, ...]:
    return tuple(kind.format(*types) for kind in kinds)
