"""Where a training step spends its time: each part on its own on one thread, and the multiply-add peak as the floor."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from bench.case import Case
from bench.draw import draw
from bench.rows import Measurement
from cells import using_threads
from cells.cpu.anatomy import dissect
from cells.cpu.peak import multiply_add_rate


def measure_peak(case: Case, block: int, rounds: int) -> list[Measurement]:
    """Measure the multiply-add peak of the case's dtype and threads, `rounds` times."""
    rates = [multiply_add_rate(case.dtype, case.threads) for _ in range(rounds)]
    return [Measurement(case, "multiply_add_rate", rate, "FLOP/s", block, n) for n, rate in enumerate(rates)]


def measure(case: Case, block: int, rounds: int) -> list[Measurement]:
    """Time every part, and the whole step beside them: each the median of `rounds` calls."""
    layer, x, _, rng = draw(case)
    x = x.astype(case.dtype)
    d_output = rng.standard_normal((case.seq_len, case.batch_size, case.hidden_size)).astype(case.dtype)
    with using_threads(1):
        whole = median_time(lambda: layer.forward(x).backward(d_output), rounds)
    rows = [Measurement(case, "whole_s", whole, "s", block)]
    for part in dissect(layer, x).parts:
        rows.append(Measurement(case, f"{part.name}_s", median_time(part.call, rounds), "s", block))
        if block == 0 and part.flops:
            rows.append(Measurement(case, f"part_flops_{part.name}", part.flops, "FLOP"))
    return rows


def median_time(call: Callable[[], object], rounds: int) -> float:
    """Return the median wall time of so many calls, in seconds, after one that is not counted."""
    times = []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])
