"""`python -m bench.gpu_checks.parent COMMAND ...`: run a program that does not outlive the process that started it.

A kernel that never ends would keep the GPU busy after its runner was killed, and nobody would know whose it is.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

BOUND = (sys.executable, "-m", "bench.gpu_checks.parent")
"""What stands before the command of a program that shall die with its parent."""
PARENT_DIES = 1  # PR_SET_PDEATHSIG of prctl(2); it outlives execve(2)


def die_with_parent() -> None:
    """Have this process killed as soon as the one that started it ends, on Linux."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PARENT_DIES, signal.SIGKILL)


if __name__ == "__main__":
    die_with_parent()
    os.execvp(sys.argv[1], sys.argv[1:])
