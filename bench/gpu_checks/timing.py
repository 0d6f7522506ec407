"""Timed checks: all contenders of one shape, in shuffled blocks, with rows of the suite's own schema."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bench.case import Case, as_row, case_from
from bench.gpu_checks.check import Result, Tell
from bench.gpu_checks.context import broken
from bench.gpu_checks.strikes import kind_of_case
from bench.rows import Measurement

Measure = Callable[[Case, int], list[Measurement]]
Item = dict[str, Any]


def measure_point(arguments: Mapping[str, Any], tell: Tell) -> Result:
    """Measure the cases of one shape on the GPU, `blocks` times over; each that fails becomes a row that says why."""
    from bench.measures import runtime
    from bench.studies.gpu_axes import ROUNDS

    return measure_cases(arguments, tell, lambda case, block: runtime.measure(case, block, ROUNDS))


def measure_cpu_point(arguments: Mapping[str, Any], tell: Tell) -> Result:
    """Measure the cases of one shape on the CPU: cells, peers and the numbers of threads that the cases name."""
    from bench.contenders.process import stop_peers
    from bench.studies import grid

    try:
        return measure_cases(
            arguments, tell, lambda case, block: grid.STUDY.measure(case, block, grid.STUDY.rounds.course)
        )
    finally:
        stop_peers()


def measure_cases(arguments: Mapping[str, Any], tell: Tell, measure: Measure) -> Result:
    """Measure cases in shuffled blocks, and tell the rows of each as soon as they are there: a later one may hang."""
    cases = [case_from(case) for case in arguments["cases"]]
    order = [
        (case, block)
        for block in range(int(arguments["blocks"]))
        for case in random.Random(block).sample(cases, len(cases))
    ]
    wrong: dict[str, str] = {}
    rows: list[Measurement] = []
    for number, (case, block) in enumerate(order, 1):
        tell({"begins": kind_of_case(as_row(case))})
        reason = ""
        try:
            of_case = measure(case, block)
        except Exception as error:  # one contender that cannot do it must not take the others' rows
            reason = f"{type(error).__name__}: {error}"
            of_case = [Measurement(case, "failure", None, "", block, status="failed", reason=reason)]
        rows += of_case
        tell({"item": as_item(case, block, of_case)})
        if reason:
            wrong[_who(case)] = reason
            if broken():  # every later one would fail for that
                left = f"{len(order) - number} of {len(order)} items were not measured"
                return Result("failed", f"{_who(case)}: {reason}; {left}", summary(rows))
    status = "failed" if any(_who(case) in wrong for case in cases if _is_own(case)) else "passed"
    return Result(status, "; ".join(f"{who}: {why}" for who, why in wrong.items()), summary(rows))


def _is_own(case: Case) -> bool:
    return case.backend.startswith(("cuda", "cpu"))


def _who(case: Case) -> str:
    """Return what tells the contenders of one shape apart."""
    variant = "" if case.word("variant") == "-" else f" {case.word('variant')}"
    half = "" if case.dtype == "float32" else f" {case.dtype}"
    threads = f" {case.threads} threads" if case.threads > 1 else ""
    return f"{case.backend}{variant}{half}{threads}"


def as_item(case: Case, block: int, rows: Sequence[Measurement]) -> Item:
    """Return an item as JSON has it."""
    numbers = [[r.metric, r.value, r.unit, r.replicate, r.step, r.status, r.reason] for r in rows]
    return {"case": as_row(case), "block": block, "rows": numbers}


def from_item(item: Mapping[str, Any]) -> tuple[Case, int, list[Measurement]]:
    """Return the case, the block and the rows of an item."""
    case = case_from(item["case"])
    block = int(item["block"])
    rows = [
        Measurement(case, metric, value, unit, block, replicate, step, status, reason)
        for metric, value, unit, replicate, step, status, reason in item["rows"]
    ]
    return case, block, rows


def summary(rows: Sequence[Measurement]) -> dict[str, Any]:
    """Return for the line of a point each contender's median seconds, a step's microseconds, the largest error."""
    numbers: dict[str, Any] = {}
    seconds: dict[str, list[float]] = {}
    steps: dict[str, list[float]] = {}
    errors = []
    for row in rows:
        if row.value is None:
            continue
        if row.metric in ("event_s", "elapsed_s"):
            seconds.setdefault(_who(row.case), []).append(row.value)
        elif row.metric in ("kernel_forward_s", "kernel_backward_s"):
            way = row.metric.removeprefix("kernel_").removesuffix("_s")
            steps.setdefault(f"{way} {row.case.word('variant')}", []).append(row.value / row.case.seq_len * 1e6)
        elif row.metric == "validation_error":
            errors.append(row.value)
    if seconds:
        numbers["seconds"] = {who: statistics.median(values) for who, values in seconds.items()}
    if steps:
        numbers["step_us"] = {who: statistics.median(values) for who, values in steps.items()}
    if errors:
        numbers["error"] = max(errors)
    ratio = ratio_to_peer(numbers.get("seconds", {}))
    return numbers | ({} if math.isnan(ratio) else {"ratio": ratio})


def ratio_to_peer(seconds: Mapping[str, float]) -> float:
    """Return the fastest peer's time over ours; NaN where one of the two is missing."""
    own = [value for who, value in seconds.items() if who.split()[0] in ("cuda", "cpu")]
    peers = [value for who, value in seconds.items() if not who.startswith(("cuda", "cpu"))]
    return min(peers) / min(own) if own and peers else math.nan
