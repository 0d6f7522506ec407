"""Where a step of training spends its time: each part on its own, and the whole step beside them, on one thread."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from bench.case import Case
from bench.contenders.training.own import make_trainer
from bench.contenders.training.problem import make_problem
from bench.rows import Measurement
from cells import using_threads
from cells.training.anatomy import dissect


def measure(case: Case, block: int, rounds: int) -> list[Measurement]:
    """Time the whole step and every part of it: each the median of `rounds` calls."""
    problem = make_problem(case)
    trainer = make_trainer(problem)
    x, targets = problem.batches[0]
    with using_threads(1):
        whole = _median(lambda: trainer.step(x, targets), rounds)
        rows = [Measurement(case, "train_step_s", whole, "s", block)]
        for part in dissect(trainer, x, targets):
            rows.append(Measurement(case, f"train_part_s_{part.name}", _median(part.call, rounds), "s", block))
            if block == 0 and part.flops:
                rows.append(Measurement(case, f"part_flops_{part.name}", part.flops, "FLOP"))
    return rows


def _median(call: Callable[[], object], rounds: int) -> float:
    times = []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])
