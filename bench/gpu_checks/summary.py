"""The table at the end, short enough to be read whole: what became of the checks, the worst errors, steps, ratios."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bench.gpu_checks.check import BAD, STAGES, STATUSES, Check, Result
from cells.validation import SHARINGS

MOST_LINES = 60
MOST_STEPS = 14
MOST_RATIOS = 12
WIDTH = 118
WITH_PEERS = ("grid", "half", "cpu")
"""The stages whose points have peers."""
Done = Sequence[tuple[Check, Result, float]]


def table(results: Done) -> list[str]:
    """Return at most `MOST_LINES` lines."""
    lines = [*_counts(results), *_errors(results), *_steps(results), *_ratios(results), *_without_peer(results)]
    bad = list(_bad(results))
    room = MOST_LINES - len(lines)
    if len(bad) > room:
        bad = [*bad[: room - 1], f"... and {len(bad) - room + 1} more: see the lines"]
    return [line[:WIDTH] for line in (*lines, *bad)]


def _counts(results: Done) -> Iterator[str]:
    yield f"{'stage':<10}" + "".join(f"{status:>12}" for status in STATUSES) + f"{'seconds':>10}"
    for stage in STAGES:
        of_stage = [entry for entry in results if entry[0].stage == stage]
        if of_stage:
            counts = Counter(result.status for _, result, _ in of_stage)
            cells = "".join(f"{counts[status] or '.':>12}" for status in STATUSES)
            yield f"{stage:<10}{cells}{sum(seconds for *_, seconds in of_stage):>10.1f}"


def _errors(results: Done) -> Iterator[str]:
    """Yield the worst error of each cell and dtype with each sharing, over contact and parity."""
    worst: dict[tuple[str, str, str], float] = {}
    for check, result, _ in results:
        if check.action != "pass" or "error" not in result.numbers:
            continue
        call = check.arguments["pass"]
        key = call["cell"], call["dtype"], call["sharing"] or "rule"
        error = float(result.numbers["error"])
        worst[key] = max(worst.get(key, 0.0), error if not math.isnan(error) else math.inf)
    if worst:
        columns = (*SHARINGS, "rule")
        yield f"{'worst error':<28}" + "".join(f"{name:>12}" for name in columns)
        for cell, dtype in dict.fromkeys((cell, dtype) for cell, dtype, _ in worst):
            errors = [worst.get((cell, dtype, name)) for name in columns]
            yield f"{cell + ' ' + dtype:<28}" + "".join(f"{'-' if e is None else f'{e:.1e}':>12}" for e in errors)


def _steps(results: Done) -> Iterator[str]:
    """Yield microseconds of a step: the forward kernel of inference, and the backward one, by sharing."""
    rows = []
    for check, result, _ in results:
        step_us: Mapping[str, float] = result.numbers.get("step_us", {})
        if not step_us:
            continue
        case = check.arguments["cases"][0]
        way = "forward" if case["direction"] == "inference" else "backward"
        by_sharing = [step_us.get(f"{way} {name}") for name in (*SHARINGS, "-")]
        what = f"{case['cell']} {way} H{case['hidden_size']} B{case['batch_size']}"
        rows.append(f"{what:<28}" + "".join(f"{'-' if us is None else f'{us:.2f}':>12}" for us in by_sharing))
    if rows:
        yield f"{'us a step':<28}" + "".join(f"{name:>12}" for name in (*SHARINGS, "rule"))
        yield from rows[:MOST_STEPS]
        if len(rows) > MOST_STEPS:
            yield f"... and {len(rows) - MOST_STEPS} more: see the lines"


def _ratios(results: Done) -> Iterator[str]:
    """Yield the peer's time over ours: geometric mean and worst of each cell, pass and regime of sizes."""
    by_regime: dict[tuple[str, ...], list[tuple[float, str]]] = {}
    for check, result, _ in results:
        ratio = result.numbers.get("ratio")
        if check.stage in WITH_PEERS and ratio is not None:
            case = check.arguments["cases"][0]
            regime = "H <= 192" if case["hidden_size"] <= 192 else "H > 192"
            key: tuple[str, ...] = check.stage, case["cell"], case["direction"], regime
            by_regime.setdefault(key, []).append((float(ratio), check.name.split("-", 2)[-1]))
    if by_regime:
        yield f"{'peer / ours':<34}{'geometric mean':>16}{'points':>8}   worst"
        shown = list(by_regime.items())[:MOST_RATIOS]
        for key, ratios in shown:
            mean = math.exp(sum(math.log(ratio) for ratio, _ in ratios) / len(ratios))
            least, where = min(ratios)
            yield f"{' '.join(key):<34}{mean:>16.2f}{len(ratios):>8}   {least:.2f} at {where}"
        if len(by_regime) > len(shown):
            yield f"... and {len(by_regime) - len(shown)} more: see the lines"


def _without_peer(results: Done) -> Iterator[str]:
    """Yield how many points were measured without any peer, and the first reason: they passed and compare nothing."""
    alone = [
        result.reason
        for check, result, _ in results
        if check.stage in WITH_PEERS and result.status == "passed" and "ratio" not in result.numbers
    ]
    if alone:
        reason = next(filter(None, alone), "PyTorch or ONNX Runtime is not there")
        yield f"peer missing or failed: {len(alone)} points; {' '.join(reason.split())}"


def _bad(results: Done) -> Iterator[str]:
    for check, result, _ in results:
        if result.status in BAD:
            yield f"{result.status}: {check.name}: {' '.join(result.reason.split())}"


def verdict(results: Done) -> dict[str, Any]:
    """Return the last line: how many checks had which end."""
    counts = Counter(result.status for _, result, _ in results)
    return {"kind": "end", **{status.replace(" ", "_"): counts[status] for status in STATUSES}}
