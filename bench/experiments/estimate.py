"""How long an experiment may take, before it starts: operations over rates that were seen, scaled to this machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from bench.case import Case
from bench.contenders.clocks import SAMPLE_S
from bench.study import Item
from cells import count_flops
from cells.registry import find_cell


def forward_operations(case: Case) -> float:
    """Count the operations of a forward pass."""
    return float(
        count_flops(
            case.cell,
            seq_len=case.seq_len,
            batch_size=case.batch_size,
            input_size=case.input_size,
            hidden_size=case.hidden_size,
            bidirectional=case.merge != "none",
        )
    )


def jacobian_operations(case: Case) -> float:
    """Count the operations of the step Jacobians' products: a square matrix of the joint state a step."""
    return 2.0 * case.seq_len * (len(find_cell(case.cell).states) * case.hidden_size) ** 3


def training_operations(case: Case) -> float:
    """Count the operations of all training steps of the budget: forward and twice backward, and what each costs."""
    return case.number("budget") * (3 * forward_operations(case) + STEP_OPERATIONS)


STEP_OPERATIONS = 2e6
"""Operations that could be done while a training step does what does not grow with the network."""

COSTS: Mapping[str, tuple[float, Callable[[Case], float], float]] = {
    "gradient-flow": (4e-3, forward_operations, 1e9),
    "every-step": (4e-3, forward_operations, 1e9),
    "truncated": (1e-2, forward_operations, 5e8),
    "memory": (2e-3, forward_operations, 1e9),
    "gates": (5e-3, forward_operations, 3e9),
    "step-jacobians": (2e-2, jacobian_operations, 4e8),
    "lyapunov-spectrum": (3e-2, jacobian_operations, 5e8),
    "training": (5e-2, training_operations, 2e10),
    "solving": (5e-2, training_operations, 2e10),
    "parameters": (2e-4, forward_operations, 1e30),
}
"""Measure to the seconds of an item that do not depend on its size, its operations, and operations per second.

Rates were seen on a machine whose `pace` is 1: two cores of an Intel Xeon (Cascade Lake) at 2.5 GHz.
"""
CALL_RATE = 2e10
"""Operations per second of a timed call, of all contenders together."""
CALLS = 2.5
"""Calls of a timed item beside its samples, as long as a sample each: to wake up, to count, to validate."""
HANDED_OVER_S = {"cpu": 0.02, "cpu-again": 0.02}
TO_A_PEER_S = 0.08
"""Seconds until a timed contender has its parameters and input, by backend; of a peer, in its own process."""
REFERENCE_S = 1.3e-4
"""Seconds that the work of `pace` takes on that machine."""
COMPILE_S = 12.0
"""Seconds to compile the kernels of a cell and a dtype, where they are not on disk yet."""


def pace() -> float:
    """Return how fast this machine is beside the one whose rates are known: many small products of NumPy."""
    matrix, vector = np.full((64, 64), 0.01), np.ones(64)
    times = []
    for _ in range(40):  # short ones: some are left alone by whatever else is running
        start = time.perf_counter()
        for _ in range(50):
            vector = np.tanh(matrix @ vector)
        times.append(time.perf_counter() - start)
    return REFERENCE_S / min(times)


def seconds(items: Sequence[Item], measure: str) -> float:
    """Estimate the seconds that the items of an experiment take, one after another, with their kernels on disk.

    An estimate, not a promise: within a factor of about two.
    """
    if not items:
        return 0.0
    return sum(_seconds_of(item, measure) for item in items) / pace()


def _seconds_of(item: Item, measure: str) -> float:
    case = item.case
    if item.study.timed:
        work = forward_operations(case) * (3 if case.direction == "training" else 1)
        handed_over = HANDED_OVER_S.get(case.backend, TO_A_PEER_S)
        return handed_over + (item.rounds + CALLS) * max(SAMPLE_S, work / CALL_RATE)
    fixed, operations, rate = COSTS[measure]
    return fixed + operations(case) / rate


def in_words(duration: float) -> str:
    """Write a duration as a person would say it."""
    if duration < 90:
        return f"{max(1, round(duration))} s"
    if duration < 5400:
        return f"{round(duration / 60)} min"
    return f"{duration / 3600:.1f} h"
