"""Which checks each stage has, in the order in which they are done."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from bench.case import Case, as_row
from bench.gpu_checks import cases
from bench.gpu_checks.cases import Point
from bench.gpu_checks.check import Check
from bench.gpu_checks.passes import Pass
from bench.studies.gpu_axes import fitting
from cells.cuda.device.facts import Facts
from cells.registry import distinct_cells
from cells.validation import CUDA_DTYPES, SHARINGS

WAYS = ("inference", "training")
BY_RISK = ("block", "launch", "cluster", "grid")
"""Sharings, those first whose blocks need least of each other."""
SAFE = BY_RISK[:2]
"""Those whose blocks never wait for each other: none can hang for that."""
MERGES = ("concat", "mean", "sum")
RANDOM = 12
WARM_S = 8.0  # for a check that takes 0.3 to 2 s, in a worker that has imported and loaded everything
SIMULATED_S = 600.0  # a simulator computes as plain Python, on a machine that may be busy
WARM_WITHOUT_TORCH_S = 30.0  # for a point whose truth NumPy computes
LONG_PROBES = {"shared-with-torch": 60.0, "killed-spinner": 60.0}
"""Probes that import PyTorch, or wait for a second process and for the GPU after its end; with their limits."""
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
        """Say whether all sizes are a simulator's."""
        return self.preset == "toy"

    @property
    def sizes(self) -> cases.Sizes:
        """Return the shapes of the timed checks."""
        return cases.PRESETS[self.preset]


def plan(setting: Setting, stages: Sequence[str]) -> Iterator[Check]:
    """Yield the checks of these stages. Stage "tests" is not among them: its checks are collected by pytest."""
    for stage in stages:
        for check in PLANS[stage](setting):
            yield replace(check, limit_s=SIMULATED_S, warm_limit_s=None) if setting.toy else check


def _pass(stage: str, call: Pass, expected_s: float, limit_s: float, repeats: int = 2) -> Check:
    arguments = {"pass": asdict(call), "repeats": repeats}
    name = f"{stage} {call.label}"
    return Check(stage, name, "pass", arguments, expected_s, limit_s, warm_limit_s=WARM_S)


def _fits(setting: Setting, call: Pass) -> bool:
    size = (call.cell, call.hidden, call.batch, call.dtype, setting.facts, call.way)
    return call.sharing is None or call.sharing in fitting(*size)


def contact(setting: Setting) -> Iterator[Check]:
    """Yield probes of doubtful lines, then each sharing of each cell, both ways, at one small shape.

    Profiles and products come before the sharings whose blocks wait for each other: those are the ones that may hang.
    """
    from bench.gpu_checks.probes import PROBES

    for name in PROBES:
        yield Check("contact", f"contact probe {name}", "probe", {"probe": name}, 0.5, LONG_PROBES.get(name, 15))
    sizes = (3, 1, 2, 5) if setting.toy else (5, 3, 16, 20)
    yield from _small_passes(setting, sizes, SAFE)
    if not setting.toy:  # weights of more than 48 KB of shared memory, first met where a graph is captured
        yield _pass("contact", Pass("lstm", "training", 4, 3, 16, 600, sharing="launch"), 0.5, 20)
    for cell in distinct_cells():
        call = Pass(cell, "training", *sizes)
        name = f"contact profile {call.label}"
        yield Check("contact", name, "profile", {"pass": asdict(call)}, 0.3, 20, warm_limit_s=WARM_S)
    yield from _products(setting)
    yield from _small_passes(setting, sizes, tuple(sharing for sharing in BY_RISK if sharing not in SAFE))


def _small_passes(setting: Setting, sizes: tuple[int, int, int, int], sharings: Sequence[str]) -> Iterator[Check]:
    for sharing, cell, way in itertools.product(sharings, distinct_cells(), WAYS):
        call = Pass(cell, way, *sizes, sharing=sharing, initial=True)
        if _fits(setting, call):
            yield _pass("contact", call, 0.3, 20)


def _products(setting: Setting) -> Iterator[Check]:
    of_product = (5, 3, 9) if setting.toy else (300, 200, 1000)
    for provider, (dtype, rounded) in itertools.product(
        ("own", "cublas"), (("float32", False), ("float64", False), ("float32", True))
    ):
        arguments = {"provider": provider, "dtype": dtype, "rounded": rounded, "sizes": list(of_product)}
        name = f"contact product {provider} {'bfloat16' if rounded else dtype}"
        yield Check("contact", name, "product", arguments, 0.3, 20, warm_limit_s=WARM_S)


# (steps, batch, inputs, hidden): a tail in every size, one step, one row, and the sizes that matter.
SHAPES = (
    (64, 16, 40, 32), (100, 33, 40, 128), (50, 64, 40, 512), (20, 8, 40, 1024), (1, 5, 7, 33), (37, 17, 3, 100),
)  # fmt: skip
TOY_SHAPES = ((2, 3, 2, 5), (1, 1, 3, 4))
FLOAT64_SHAPES = (4, 5)  # which of them
BFLOAT16_SHAPES = (1, 2)


def parity(setting: Setting) -> Iterator[Check]:
    """Yield float32 at every shape, other dtypes at some, two directions, then random shapes; ten calls each."""
    shapes = TOY_SHAPES if setting.toy else SHAPES
    repeats = 2 if setting.toy else 10
    passes = [
        Pass(cell, "training", *shape, sharing=sharing, initial=number % 2 == 1)
        for number, shape in enumerate(shapes)
        for sharing in BY_RISK
        for cell in distinct_cells()
    ]
    some = {"float64": FLOAT64_SHAPES, "bfloat16": BFLOAT16_SHAPES}
    for dtype, which in some.items():
        chosen = shapes[:1] if setting.toy else tuple(shapes[number] for number in which)
        passes += [
            Pass(cell, "training", *shape, dtype, sharing)
            for shape in chosen
            for sharing in BY_RISK
            for cell in distinct_cells()
        ]
    passes += [
        Pass(cell, "training", *shapes[0 if setting.toy else 5], merge=merge, initial=True)
        for merge in MERGES
        for cell in distinct_cells()
    ]
    for call in drawn(3, dict.fromkeys(MOST, 4)) if setting.toy else drawn(RANDOM, MOST):
        passes.append(call if _fits(setting, call) else replace(call, sharing=None))
    for call in dict.fromkeys(passes):
        if _fits(setting, call):
            yield _pass("parity", call, 0.3, 40, repeats)


def drawn(count: int, most: dict[str, int]) -> Iterator[Pass]:
    """Draw random passes, always the same; not every sharing fits."""
    rng = np.random.Generator(np.random.PCG64(20))
    for _ in range(count):
        sizes = [int(rng.integers(1, largest, endpoint=True)) for largest in most.values()]
        levels: tuple[Sequence[Any], ...] = (distinct_cells(), CUDA_DTYPES, (None, *SHARINGS), (None, *MERGES))
        cell, dtype, sharing, merge = (level[int(rng.integers(len(level)))] for level in levels)
        steps, batch, inputs, hidden = sizes
        yield Pass(cell, "training", steps, batch, inputs, hidden, dtype, sharing, merge, bool(rng.integers(2)))


def _points(
    stage: str,
    points: Iterator[tuple[Point, list[Case]]],
    blocks: int,
    expected_s: float,
    action: str = "point",
    warm_limit_s: float | None = None,
) -> Iterator[Check]:
    for (cell, way, t, b, h), several in points:
        arguments = {"cases": [as_row(case) for case in several], "blocks": blocks}
        items = tuple((case.key, block) for block in range(blocks) for case in several)
        seconds = expected_s * blocks * len(several)
        name = f"{stage} {cell}-{way}-T{t}-B{b}-H{h}"
        yield Check(stage, name, action, arguments, seconds, max(60.0, 10 * seconds), items, warm_limit_s)


def _gpu_points(
    setting: Setting, stage: str, points: Iterator[tuple[Point, list[Case]]], expected_s: float
) -> Iterator[Check]:
    warm = WARM_S if setting.torch else WARM_WITHOUT_TORCH_S
    return _points(stage, points, setting.blocks, expected_s, warm_limit_s=warm)


def steps(setting: Setting) -> Iterator[Check]:
    """Yield microseconds of a step by sharing."""
    yield from _gpu_points(setting, "steps", cases.sharing_cases(setting.sizes, setting.facts), 0.15)


def grid(setting: Setting) -> Iterator[Check]:
    """Yield the grid beside cuDNN in float32."""
    yield from _gpu_points(setting, "grid", cases.grid_cases(setting.sizes, setting.torch), 0.2)


def half(setting: Setting) -> Iterator[Check]:
    """Yield the grid beside cuDNN in half precision."""
    yield from _gpu_points(setting, "half", cases.half_cases(setting.sizes, setting.torch), 0.2)


def sanitizer(setting: Setting) -> Iterator[Check]:
    """Yield one shape of every kernel: memcheck of all first, which finds more, then racecheck."""
    sizes = (2, 3, 3, 5) if setting.toy else (3, 9, 5, 33)
    cells = distinct_cells()[:1] if setting.toy else distinct_cells()
    for tool in ("memcheck", "racecheck"):
        passes = [Pass(cell, "training", *sizes, sharing=sharing) for sharing in BY_RISK for cell in cells]
        if not setting.toy:
            passes += [Pass("lstm", "training", *sizes, "bfloat16", sharing) for sharing in BY_RISK]
            passes.append(Pass("lstm", "training", *sizes, merge="concat"))
        for call in passes:
            if _fits(setting, call):
                arguments = {"tool": tool, "pass": asdict(call)}
                yield Check("sanitizer", f"sanitizer {tool} {call.label}", "sanitizer", arguments, 12, 150)


def cpu(setting: Setting) -> Iterator[Check]:
    """Yield the CPU's own grid, all threads and one, beside PyTorch and ONNX Runtime where they are installed."""
    from bench.studies.axes import all_threads_and_one
    from bench.studies.grid import POINTS, grid_of

    if setting.toy:
        smallest = [
            replace(case, seq_len=2, batch_size=1, input_size=2, hidden_size=3) for case in grid_of((1,), ("rnn",))
        ]
        points = list(dict.fromkeys(smallest))
    else:
        points = grid_of(all_threads_and_one())
        points.sort(key=lambda case: POINTS.index((case.seq_len, case.batch_size, case.input_size, case.hidden_size)))
    groups: dict[tuple[Any, ...], list[Case]] = {}
    for case in points:
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
