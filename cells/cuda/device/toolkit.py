"""Programs and libraries of NVIDIA's toolkit, wherever they are installed."""

from __future__ import annotations

import shutil


def find_program(name: str) -> str | None:
    """Return the path of a program of a toolkit's package, or of one on the path, or None."""
    path: str | None = None
    try:
        from cuda.pathfinder import find_nvidia_binary_utility
    except ImportError:  # comes with cuda-bindings; without it a toolkit on the path may do
        pass
    else:
        path = find_nvidia_binary_utility(name)
    return path or shutil.which(name)


def load_library(name: str) -> None:
    """Load a library; ImportError or RuntimeError where it is not installed."""
    from cuda.pathfinder import load_nvidia_dynamic_lib

    load_nvidia_dynamic_lib(name)
