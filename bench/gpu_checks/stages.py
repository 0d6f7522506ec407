"""Which checks each stage has, in the order in which they are done."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from bench.case import Case
from bench.gpu_checks import cases
from bench.gpu_checks.cases import Point
from bench.gpu_checks.check import Check
from bench.gpu_checks.passes import Pass
from bench.studies.gpu_cases import fitting
from cells import cell_names
from cells.cuda.device.target import Facts
from cells.validation import CUDA_DTYPES, SHARINGS

WAYS = ("inference", "training")
BY_RISK = ("block", "launch", "cluster", "grid")
"""Sharings, those first that need least of each other."""
MERGES = ("concat", "mean", "sum")
RANDOM = 12
MOST = {"steps": 40, "batch": 70, "inputs": 80, "hidden": 300}


@dataclass(frozen=True)
class Setting:
    """What checks are planned for: a chip, whether PyTorch is there, how often times are taken, which sizes."""

    facts: Facts
    torch: bool
    blocks: int
    preset: str = "quick"

    @property
    def toy(self) -> bool:
        """Whether all sizes are a simulator's."""
        return self.preset == "toy"

    @property
    def sizes(self) -> cases.Sizes:
        """Shapes of the timed checks."""
        return cases.PRESETS[self.preset]


def plan(setting: Setting, stages: Sequence[str]) -> Iterator[Check]:
    """The checks of these stages. Stage "tests" is not among them: its checks are collected by pytest."""
    for stage in stages:
        yield from PLANS[stage](setting)


def _pass(stage: str, each: Pass, expected_s: float, limit_s: float, repeats: int = 2) -> Check:
    given = {"pass": asdict(each), "repeats": repeats}
    return Check(stage, f"{stage} {each.label}", "pass", given, expected_s, limit_s)


def _fits(setting: Setting, each: Pass) -> bool:
    size = (each.cell, each.hidden, each.batch, each.dtype, setting.facts, each.way)
    return each.sharing is None or each.sharing in fitting(*size)


def contact(setting: Setting) -> Iterator[Check]:
    """Probes of doubtful lines, then each sharing of each cell, both ways, at one small shape; profiles, products."""
    from bench.gpu_checks.probes import PROBES

    for name in PROBES:
        yield Check("contact", f"contact probe {name}", "probe", {"probe": name}, 0.5, 15)
    sizes = (3, 1, 2, 5) if setting.toy else (5, 3, 16, 20)
    for sharing, cell, way in itertools.product(BY_RISK, cell_names(), WAYS):
        each = Pass(cell, way, *sizes, sharing=sharing, initial=True)
        if _fits(setting, each):
            yield _pass("contact", each, 0.3, 20)
    if not setting.toy:  # weights of more than 48 KB of shared memory, first met where a graph is captured
        yield _pass("contact", Pass("lstm", "training", 4, 3, 16, 600, sharing="launch"), 0.5, 20)
    for cell in cell_names():
        each = Pass(cell, "training", *sizes)
        yield Check("contact", f"contact profile {each.label}", "profile", {"pass": asdict(each)}, 0.3, 20)
    of_product = (5, 3, 9) if setting.toy else (300, 200, 1000)
    for provider, (dtype, rounded) in itertools.product(
        ("own", "cublas"), (("float32", False), ("float64", False), ("float32", True))
    ):
        given = {"provider": provider, "dtype": dtype, "rounded": rounded, "sizes": list(of_product)}
        name = f"contact product {provider} {'bfloat16' if rounded else dtype}"
        yield Check("contact", name, "product", given, 0.3, 20)


# (steps, batch, inputs, hidden): a tail in every size, one step, one row, and the sizes that matter.
SHAPES = (
    (64, 16, 40, 32), (100, 33, 40, 128), (50, 64, 40, 512), (20, 8, 40, 1024), (1, 5, 7, 33), (37, 17, 3, 100),
)  # fmt: skip
TOY_SHAPES = ((2, 3, 2, 5), (1, 1, 3, 4))
FLOAT64_SHAPES, BFLOAT16_SHAPES = (4, 5), (1, 2)  # which of them


def parity(setting: Setting) -> Iterator[Check]:
    """Float32 at every shape, float64 and bfloat16 at some, two directions, then random shapes; ten calls each."""
    shapes = TOY_SHAPES if setting.toy else SHAPES
    repeats = 2 if setting.toy else 10
    passes = [
        Pass(cell, "training", *shape, sharing=sharing, initial=number % 2 == 1)
        for number, shape in enumerate(shapes)
        for sharing in BY_RISK
        for cell in cell_names()
    ]
    some = {"float64": FLOAT64_SHAPES, "bfloat16": BFLOAT16_SHAPES}
    for dtype, which in some.items():
        chosen = shapes[:1] if setting.toy else tuple(shapes[number] for number in which)
        passes += [
            Pass(cell, "training", *shape, dtype, sharing)
            for shape in chosen
            for sharing in BY_RISK
            for cell in cell_names()
        ]
    passes += [
        Pass(cell, "training", *shapes[0 if setting.toy else 5], merge=merge, initial=True)
        for merge in MERGES
        for cell in cell_names()
    ]
    for each in drawn(3, dict.fromkeys(MOST, 4)) if setting.toy else drawn(RANDOM, MOST):
        passes.append(each if _fits(setting, each) else replace(each, sharing=None))
    for each in dict.fromkeys(passes):
        if _fits(setting, each):
            yield _pass("parity", each, 0.3, 40, repeats)


def drawn(count: int, most: dict[str, int]) -> Iterator[Pass]:
    """Random passes, always the same; not every sharing fits."""
    rng = np.random.Generator(np.random.PCG64(20))
    for _ in range(count):
        sizes = [int(rng.integers(1, largest, endpoint=True)) for largest in most.values()]
        levels: tuple[Sequence[Any], ...] = (cell_names(), CUDA_DTYPES, (None, *SHARINGS), (None, *MERGES))
        cell, dtype, sharing, merge = (level[int(rng.integers(len(level)))] for level in levels)
        steps, batch, inputs, hidden = sizes
        yield Pass(cell, "training", steps, batch, inputs, hidden, dtype, sharing, merge, bool(rng.integers(2)))


def _points(
    stage: str, found: Iterator[tuple[Point, list[Case]]], blocks: int, expected_s: float, action: str = "point"
) -> Iterator[Check]:
    for (cell, way, t, b, h), several in found:
        given = {"cases": [asdict(case) for case in several], "blocks": blocks}
        items = tuple((case.key, block) for block in range(blocks) for case in several)
        seconds = expected_s * blocks * len(several)
        name = f"{stage} {cell}-{way}-T{t}-B{b}-H{h}"
        yield Check(stage, name, action, given, seconds, max(60.0, 10 * seconds), items)


def steps(setting: Setting) -> Iterator[Check]:
    """Microseconds of a step by sharing."""
    yield from _points("steps", cases.sharing_cases(setting.sizes, setting.facts), setting.blocks, 0.15)


def grid(setting: Setting) -> Iterator[Check]:
    """The grid beside cuDNN in float32."""
    yield from _points("grid", cases.grid_cases(setting.sizes, setting.torch), setting.blocks, 0.2)


def half(setting: Setting) -> Iterator[Check]:
    """The grid beside cuDNN in half precision."""
    yield from _points("half", cases.half_cases(setting.sizes, setting.torch), setting.blocks, 0.2)


def sanitizer(setting: Setting) -> Iterator[Check]:
    """One shape of every kernel: memcheck of all first, which finds more, then racecheck."""
    sizes = (2, 3, 3, 5) if setting.toy else (3, 9, 5, 33)
    cells = cell_names()[:1] if setting.toy else cell_names()
    for tool in ("memcheck", "racecheck"):
        passes = [Pass(cell, "training", *sizes, sharing=each) for each in BY_RISK for cell in cells]
        if not setting.toy:
            passes += [Pass("lstm", "training", *sizes, "bfloat16", each) for each in BY_RISK]
            passes.append(Pass("lstm", "training", *sizes, merge="concat"))
        for each in passes:
            if _fits(setting, each):
                given = {"tool": tool, "pass": asdict(each)}
                yield Check("sanitizer", f"sanitizer {tool} {each.label}", "sanitizer", given, 12, 150)


def cpu(setting: Setting) -> Iterator[Check]:
    """The CPU's own grid, all threads and one, beside PyTorch and ONNX Runtime where they are installed."""
    from bench.studies.timed import GRID, grid_of, thread_counts

    if setting.toy:
        smallest = [
            replace(case, seq_len=2, batch_size=1, input_size=2, hidden_size=3) for case in grid_of((1,), ("rnn",))
        ]
        found = list(dict.fromkeys(smallest))
    else:
        found = grid_of(thread_counts())
        found.sort(key=lambda case: GRID.index((case.seq_len, case.batch_size, case.input_size, case.hidden_size)))
    groups: dict[tuple[Any, ...], list[Case]] = {}
    for case in found:
        shape = (case.cell, case.direction, case.seq_len, case.batch_size, case.hidden_size)
        groups.setdefault((*shape, case.input_size, case.threads), []).append(case)
    for (cell, way, t, b, h, inputs, threads), several in groups.items():
        (check,) = _points("cpu", iter([((cell, way, t, b, h), several)]), setting.blocks, 0.3, "cpu point")
        yield replace(check, name=f"{check.name}-I{inputs}-{threads}threads")


PLANS: dict[str, Callable[[Setting], Iterator[Check]]] = {
    "contact": contact,
    "parity": parity,
    "steps": steps,
    "grid": grid,
    "half": half,
    "sanitizer": sanitizer,
    "cpu": cpu,
}
