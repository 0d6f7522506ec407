"""Where a step of training spends its time: each part on its own, and the whole step beside them, on one thread."""

from __future__ import annotations

from bench.case import Case
from bench.contenders.training.own import make_trainer
from bench.contenders.training.problem import make_problem
from bench.measures.step_parts import median_time
from bench.rows import Measurement
from cells import using_threads
from cells.training.anatomy import dissect


def measure(case: Case, block: int, rounds: int) -> list[Measurement]:
    """Time the whole step and every part of it: each the median of `rounds` calls."""
    problem = make_problem(case)
    trainer = make_trainer(problem)
    x, targets = problem.batches[0]
    with using_threads(1):
        whole = median_time(lambda: trainer.step(x, targets), rounds)
        rows = [Measurement(case, "train_step_s", whole, "s", block)]
        for part in dissect(trainer, x, targets):
            rows.append(Measurement(case, f"train_part_s_{part.name}", median_time(part.call, rounds), "s", block))
            if block == 0 and part.flops:
                rows.append(Measurement(case, f"part_flops_{part.name}", part.flops, "FLOP"))
    return rows
