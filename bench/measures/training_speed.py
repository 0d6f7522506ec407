"""How long a step of training takes: contenders that train the same network on the same batches, compared and timed.

Before a contender is timed, the losses, the gradients' norms and the parameters of its first steps are compared with
those in float64. One that is wrong gets a failed row and no time.
"""

from __future__ import annotations

import functools

from bench.case import Case
from bench.contenders.training.problem import TOLERANCE, largest_error, make_problem
from bench.contenders.training.registry import find_trainer
from bench.rows import Measurement


def measure(case: Case, block: int, rounds: int) -> list[Measurement]:
    """Compare, prepare, take `rounds` samples of a step; with the first block also the error.

    Raises ValueError where the case's contender cannot do it, or is wrong.
    """
    error = validation_error(case)
    if not error <= TOLERANCE:
        raise ValueError(f"error {error:.2e} in the first steps against float64; allowed: {TOLERANCE:.0e}")
    prepared = find_trainer(case.backend).prepare(make_problem(case))
    samples = prepared.clock.samples(rounds)
    rows = [Measurement(case, "train_step_s", found.value, "s", block, found.replicate) for found in samples]
    if block == 0:
        rows.append(Measurement(case, "validation_error", error, "1"))
    return rows


@functools.cache
def validation_error(case: Case) -> float:
    """Compare the first steps of the case's contender with float64, once in a process."""
    contender = find_trainer(case.backend)
    reason = contender.why_not(case)
    if reason is not None:
        raise ValueError(reason)
    return largest_error(case, contender.prepare(make_problem(case)).course())
