"""What a fit of the rule's constants found, as text: the constants, every measured step, and what the rule loses."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.gpu_kernels.fit import Fit, Point
from cells.cuda.plan import costs as costs_file
from cells.cuda.plan.costs import NAMES, Costs, Entry
from cells.cuda.plan.rule import Workload, choose


@dataclass(frozen=True)
class Regret:
    """The rule's choice for one kernel of which several sharings were measured.

    Each choice is a sharing with its time over that of the fastest one, None where that sharing was not measured;
    `same` says whether the configuration of that sharing that was measured is the one that the rule takes.
    """

    point: Point
    fastest: str
    before: tuple[str, float | None, bool]
    after: tuple[str, float | None, bool]


def regrets(fit: Fit) -> tuple[Regret, ...]:
    """One for each kernel with two or more measured sharings, in the order of the points."""
    kernels: dict[tuple[object, ...], dict[str, Point]] = {}
    for point in fit.points:
        kernels.setdefault(point.kernel, {})
        sharing = point.choice.config.sharing
        if point.variant != "-" or sharing not in kernels[point.kernel]:  # a forced one says what it is of itself
            kernels[point.kernel][sharing] = point
    found = []
    for by_sharing in kernels.values():
        if len(by_sharing) > 1:
            fastest = min(by_sharing, key=lambda sharing: by_sharing[sharing].measured_s)
            taken = [_taken(fit, by_sharing, fastest, costs) for costs in (fit.before, fit.after)]
            found.append(Regret(by_sharing[fastest], fastest, *taken))
    return tuple(found)


def _taken(fit: Fit, by_sharing: Mapping[str, Point], fastest: str, costs: Costs) -> tuple[str, float | None, bool]:
    best = by_sharing[fastest]
    keep = best.direction == "training"
    work = Workload(best.cell, best.hidden, best.batch, best.dtype, fit.facts, best.way, keep)
    config = choose(work, costs=costs).config
    point = by_sharing.get(config.sharing)
    if point is None:
        return config.sharing, None, False
    return config.sharing, point.measured_s / best.measured_s, point.choice.config == config


def report(fit: Fit, entries: Mapping[str, Entry] | None = None) -> str:
    """Three tables. entries: the constants' units and origins before the fit; of the package's file if not given."""
    found = regrets(fit)
    parts = [
        f"{fit.facts.name}, {fit.day}: {len(fit.points)} measured steps, {len(fit.factors)} constants that they inform",
        _table(_constants(fit, costs_file.read() if entries is None else entries)),
        _table(_steps(fit)),
        "\n".join(_ratios(fit)),
    ]
    if found:
        parts += [_table(_choices(found)), "\n".join(_losses(found))]
    else:
        parts += ["no kernel was measured with two sharings: nothing says what the rule loses"]
    return "\n\n".join(parts)


def _constants(fit: Fit, entries: Mapping[str, Entry]) -> Iterator[Sequence[str]]:
    yield "constant", "before", "after", "within", "unit", "origin before"
    for name in NAMES:
        factor = fit.factors.get(name)
        within = "not informed" if factor is None else f"a factor {factor:.2f}"
        values = (f"{getattr(costs, name):g}" for costs in (fit.before, fit.after))
        yield name, *values, within, entries[name].unit, entries[name].origin


def _steps(fit: Fit) -> Iterator[Sequence[str]]:
    yield *_KERNEL, "sharing", "before, us", "after, us", "measured, us"
    for point in fit.points:
        forced = "" if point.variant != "-" else " (rule)"
        times = (point.predicted_s(fit.before), point.predicted_s(fit.after), point.measured_s)
        yield *_kernel(point), point.choice.config.sharing + forced, *(f"{time * 1e6:.2f}" for time in times)


_KERNEL = ("cell", "kernel", "dtype", "H", "B", "T")


def _kernel(point: Point) -> tuple[str, ...]:
    sizes = (str(point.hidden), str(point.batch), str(point.seq_len))
    return point.cell, f"{point.direction} {point.way}", point.dtype, *sizes


def _ratios(fit: Fit) -> Iterator[str]:
    for name, costs in (("before", fit.before), ("after", fit.after)):
        logs = [math.log(point.predicted_s(costs) / point.measured_s) for point in fit.points]
        mean = math.exp(math.fsum(logs) / len(logs))
        worst = math.exp(max(logs, key=abs))
        yield f"predicted / measured {name}: geometric mean {mean:.3f}, worst {worst:.3f}"


def _choices(found: Iterable[Regret]) -> Iterator[Sequence[str]]:
    yield *_KERNEL, "fastest", "taken before", "time", "taken after", "time"
    for regret in found:
        yield *_kernel(regret.point), regret.fastest, *_told(regret.before), *_told(regret.after)


def _told(taken: tuple[str, float | None, bool]) -> tuple[str, str]:
    sharing, loss, same = taken
    return sharing, "not measured" if loss is None else f"{loss:.3f}" + ("" if same else " *")


def _losses(found: Sequence[Regret]) -> Iterator[str]:
    for name in ("before", "after"):
        taken = [getattr(regret, name) for regret in found]
        losses = [loss for _, loss, _ in taken if loss is not None]
        if losses:
            mean = math.exp(math.fsum(map(math.log, losses)) / len(losses))
            yield f"time taken / fastest {name}: geometric mean {mean:.3f}, worst {max(losses):.3f} of {len(losses)}"
        if any(not same for _, loss, same in taken if loss is not None):
            yield f"* {name}: the rule takes another configuration of that sharing than was measured"


def _table(lines: Iterable[Sequence[str]]) -> str:
    rows = list(lines)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
