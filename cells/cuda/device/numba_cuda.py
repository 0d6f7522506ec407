"""numba-cuda, imported in the one way that works.

`cuda` is the package, or None, and `MISSING` says why it is not there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from cells.cuda.device.target import INSTALL

cuda: Any = None
MISSING: str | None = None

# numba-cuda 0.30.4 asks for it as it is imported, and NumPy 2.5 has it no more.
vars(np).setdefault("row_stack", np.vstack)
try:
    import _numba_cuda_redirector  # noqa: F401 - numba's built-in CUDA target is another, older package
    from numba import cuda as _cuda

    from cells import lowering  # noqa: F401 - without it formulas would stay Python functions, see `cells.formula`

    cuda = _cuda
    if "numba_cuda" not in cuda.__file__:
        MISSING = f"numba.cuda is numba's built-in target; numba-cuda has to be imported first: {INSTALL}"
except ImportError as error:
    MISSING = f"{error.name or error} is not installed: {INSTALL}"
except Exception as error:  # of versions that do not fit each other; machine code that came along runs all the same
    MISSING = f"numba-cuda cannot be imported ({type(error).__name__}: {error}): {INSTALL}"
