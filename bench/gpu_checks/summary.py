"""The table at the end, short enough to be read whole: what became of the checks, the worst errors, steps, ratios."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bench.gpu_checks.check import BAD, STAGES, STATUSES, Check, Result
from cells.validation import SHARINGS

MOST_LINES = 60
MOST_STEPS, MOST_RATIOS = 14, 12
WIDTH = 118
Done = Sequence[tuple[Check, Result, float]]


def table(results: Done) -> list[str]:
    """At most `MOST_LINES` lines."""
    lines = [*_counts(results), *_errors(results), *_steps(results), *_ratios(results)]
    bad = list(_bad(results))
    room = MOST_LINES - len(lines)
    if len(bad) > room:
        bad = [*bad[: room - 1], f"... and {len(bad) - room + 1} more: see the lines"]
    return [line[:WIDTH] for line in (*lines, *bad)]


def _counts(results: Done) -> Iterator[str]:
    yield f"{'stage':<10}" + "".join(f"{status:>12}" for status in STATUSES) + f"{'seconds':>10}"
    for stage in STAGES:
        own = [each for each in results if each[0].stage == stage]
        if own:
            counts = Counter(result.status for _, result, _ in own)
            cells = "".join(f"{counts[status] or '.':>12}" for status in STATUSES)
            yield f"{stage:<10}{cells}{sum(seconds for *_, seconds in own):>10.1f}"


def _errors(results: Done) -> Iterator[str]:
    """The worst error of each cell and dtype with each sharing, over contact and parity."""
    worst: dict[tuple[str, str, str], float] = {}
    for check, result, _ in results:
        if check.action != "pass" or "error" not in result.numbers:
            continue
        given = check.given["pass"]
        key = given["cell"], given["dtype"], given["sharing"] or "rule"
        error = float(result.numbers["error"])
        worst[key] = max(worst.get(key, 0.0), error if not math.isnan(error) else math.inf)
    if worst:
        columns = (*SHARINGS, "rule")
        yield f"{'worst error':<28}" + "".join(f"{name:>12}" for name in columns)
        for cell, dtype in dict.fromkeys((cell, dtype) for cell, dtype, _ in worst):
            found = [worst.get((cell, dtype, name)) for name in columns]
            yield f"{cell + ' ' + dtype:<28}" + "".join(f"{'-' if e is None else f'{e:.1e}':>12}" for e in found)


def _steps(results: Done) -> Iterator[str]:
    """Microseconds of a step: the forward kernel of inference, and the backward one, by sharing."""
    rows = []
    for check, result, _ in results:
        found: Mapping[str, float] = result.numbers.get("step_us", {})
        case = check.given["cases"][0] if found else {}
        ways = ("forward",) if case.get("direction") == "inference" else ("backward",)
        for way in ways if found else ():
            taken = [found.get(f"{way} {name}") for name in (*SHARINGS, "-")]
            what = f"{case['cell']} {way} H{case['hidden_size']} B{case['batch_size']}"
            rows.append(f"{what:<28}" + "".join(f"{'-' if us is None else f'{us:.2f}':>12}" for us in taken))
    if rows:
        yield f"{'us a step':<28}" + "".join(f"{name:>12}" for name in (*SHARINGS, "rule"))
        yield from rows[:MOST_STEPS]
        if len(rows) > MOST_STEPS:
            yield f"... and {len(rows) - MOST_STEPS} more: see the lines"


def _ratios(results: Done) -> Iterator[str]:
    """The peer's time over ours: geometric mean and worst of each cell, pass and regime of sizes."""
    found: dict[tuple[str, ...], list[tuple[float, str]]] = {}
    for check, result, _ in results:
        ratio = result.numbers.get("ratio")
        if check.stage in ("grid", "half", "cpu") and ratio is not None:
            case = check.given["cases"][0]
            regime = "H <= 192" if case["hidden_size"] <= 192 else "H > 192"
            key: tuple[str, ...] = check.stage, case["cell"], case["direction"], regime
            found.setdefault(key, []).append((float(ratio), check.name.split("-", 2)[-1]))
    if found:
        yield f"{'peer / ours':<34}{'geometric mean':>16}{'points':>8}   worst"
        shown = list(found.items())[:MOST_RATIOS]
        for key, ratios in shown:
            mean = math.exp(sum(math.log(ratio) for ratio, _ in ratios) / len(ratios))
            least, where = min(ratios)
            yield f"{' '.join(key):<34}{mean:>16.2f}{len(ratios):>8}   {least:.2f} at {where}"
        if len(found) > len(shown):
            yield f"... and {len(found) - len(shown)} more: see the lines"


def _bad(results: Done) -> Iterator[str]:
    for check, result, _ in results:
        if result.status in BAD:
            yield f"{result.status}: {check.name}: {' '.join(result.reason.split())}"


def verdict(results: Done) -> dict[str, Any]:
    """The last line: how many checks had which end."""
    counts = Counter(result.status for _, result, _ in results)
    return {"kind": "end", **{status.replace(" ", "_"): counts[status] for status in STATUSES}}
