"""The backends by name, imported when they are asked for."""

from __future__ import annotations

import functools
import importlib
from typing import Any

BACKENDS = ("cpu", "cuda")


@functools.cache
def engine(backend: str) -> Any:
    """The module with what a layer asks of a backend: `cells.cpu.engine` or its twin `cells.cuda.engine`.

    Raises `CudaUnavailable` where CUDA kernels cannot run, and says what is missing.
    """
    if backend == "cuda":
        from cells.cuda.device.target import require

        require()
    return importlib.import_module(f"cells.{backend}.engine")
