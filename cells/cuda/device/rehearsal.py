"""A rehearsal: a layer's calls with everything but the GPU's work, to find out which kernels they launch.

`python -m bench.gpu_kernels` compiles what a machine will need that has a GPU and no compiler. Which kernels these
are, of the time loop, of packing, of products and of copies, nobody lists: the calls themselves say it. In a rehearsal,
which takes the simulator's place, a launch is noted and not run, and arrays have a shape and no numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from cells.cuda.device import target
from cells.cuda.device.target import Facts
from cells.cuda.kernel import Kernel

_noted: ContextVar[dict[Kernel, None] | None] = ContextVar("noted", default=None)


@contextmanager
def rehearsing(facts: Facts) -> Iterator[dict[Kernel, None]]:
    """Note the kernels that would be launched on such a GPU, each once, in order.

    Raises RuntimeError on a GPU: there, calls are for real.
    """
    if not target.SIMULATED:
        raise RuntimeError(f"a rehearsal takes the simulator's place; allowed: {target.VARIABLE}=simulator")
    noted: dict[Kernel, None] = {}
    token = _noted.set(noted)
    try:
        with target.standing_in(facts):
            yield noted
    finally:
        _noted.reset(token)


def on() -> bool:
    """Whether this is a rehearsal."""
    return _noted.get() is not None


def note(kernel: Kernel) -> None:
    """Remember a kernel that would have been launched."""
    noted = _noted.get()
    if noted is None:
        raise RuntimeError("no rehearsal is under way; allowed inside of `rehearsing()`")
    noted[kernel] = None
