"""Runtime: contenders that do the same work on the same numbers, validated, then timed in interleaved blocks.

A contender is prepared once for each item: parameters, input and gradient drawn from the case's seed and handed
over before any clock starts. Its results are compared with the float64 reference at that very shape; a contender
that is wrong gets a failed row and no time. Then its clock takes the samples.
"""

from __future__ import annotations

import functools

from bench.case import Case
from bench.contenders.problem import count_operations, largest_error, make_problem
from bench.contenders.registry import find_contender
from bench.contenders.tolerance import tolerance
from bench.rows import Measurement


def measure(case: Case, block: int, rounds: int) -> list[Measurement]:
    """Validate, prepare, sample; with the first block also the error, the operations and what a call takes besides.

    Raises ValueError where the case's contender cannot do it, or is wrong.
    """
    error = validation_error(case)
    if not error <= tolerance(case):
        raise ValueError(f"error {error:.2e} against float64; allowed: {tolerance(case):.0e} for {case.dtype}")
    contender = find_contender(case.backend)
    prepared = contender.prepare(make_problem(case, contender.device))
    samples = prepared.clock.samples(rounds)
    rows = [
        Measurement(case, sample.metric, sample.value, sample.unit, block, sample.replicate, reason=sample.reason)
        for sample in samples
    ]
    if block == 0:
        operations = count_operations(case)
        if operations is not None:
            rows.append(Measurement(case, f"flops_{case.direction}", float(operations), "FLOP"))
        rows.append(Measurement(case, "validation_error", error, "1"))
        rows += [Measurement(case, count.metric, count.value, count.unit) for count in prepared.resources()]
    return rows


@functools.cache
def validation_error(case: Case) -> float:
    """Compare the case's contender with float64, once in a process: blocks repeat the same numbers."""
    contender = find_contender(case.backend)
    reason = contender.why_not(case)
    if reason is not None:
        raise ValueError(reason)
    prepared = contender.prepare(make_problem(case, contender.device))
    return largest_error(case, contender.device, prepared.results())
