"""Checks whose worker is faulty, and a runner that does them."""

from __future__ import annotations

from dataclasses import replace

from bench.case import as_row, make_case
from bench.gpu_checks.check import Check
from bench.gpu_checks.runner import Runner
from tests.bench.gpu_checks.commands import FAULTY


def check(action, limit_s=60.0, **given):
    name = f"{action} {given.get('number', '')}".strip()
    return Check("contact", name, action, given, 0.1, limit_s)


def run(checks, seconds=None, keep=lambda items: None):
    lines = []
    runner = Runner(lines.append, seconds, FAULTY, keep=keep)
    try:
        runner.run("contact", checks)
        runner.run_postponed()
    finally:
        runner.end()
    return runner.outcome, lines


def cases_of(*variants):
    return [as_row(make_case("sharings", "rnn", "cuda", "training", variant=variant)) for variant in variants]


def point_that_meets(fault):
    """A point whose second contender meets a fault, in a worker that is quick since it has measured before."""
    before = check("partial", cases=cases_of("block"), good=None, then=None)
    lost = check("partial", cases=cases_of("block", "grid", "launch"), good=1, then=fault)
    return [replace(before, name="before"), replace(lost, warm_limit_s=1.0)]


def variants(items):
    return [item["case"]["variant"] for item in items]
