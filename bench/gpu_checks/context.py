"""The CUDA context of this process, after an error."""

from __future__ import annotations

import contextlib
import sys


def broken() -> str | None:
    """Return the driver's error that every later call of this process would meet, or None."""
    target = sys.modules.get("cells.cuda.device.target")
    if target is None or target.SIMULATED:
        return None
    with contextlib.suppress(ImportError):
        from cuda.bindings import driver

        (status,) = driver.cuCtxSynchronize()
        there_is_none_yet = (driver.CUresult.CUDA_ERROR_INVALID_CONTEXT, driver.CUresult.CUDA_ERROR_NOT_INITIALIZED)
        return None if status in (driver.CUresult.CUDA_SUCCESS, *there_is_none_yet) else str(status.name)
    return None
