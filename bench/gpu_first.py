"""`python -m bench.gpu_first`: a first look at a bare GPU machine, before anything is installed for good.

Needs Python, NumPy, PyTorch and numba-cuda on the path, no store and no pytest. Writes JSON lines to standard output,
and to gpu_first.jsonl in the folder $OUT if that is set: facts of the machine; every cell with every sharing against
float64; what a step costs with each sharing; then a small grid beside cuDNN. An error becomes a line, and the next
check runs.
"""

from __future__ import annotations

import itertools
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from bench import gpu
from bench.case import Case
from bench.gpu_cases import CELLS, DIRECTIONS
from bench.gpu_contenders import largest_error, make_contender
from bench.gpu_kernels import compile_all, jobs_of
from bench.gpu_runtime import TOLERANCE, clock, measure

# numba-cuda 0.30.4 asks for it as it is imported, and NumPy 2.5 has it no more.
vars(np).setdefault("row_stack", np.vstack)

Row = dict[str, Any]
SHARINGS = ("block", "cluster", "grid", "launch")
CHECKED = ((5, 3, 20), (33, 16, 128), (20, 16, 512), (12, 65, 1024))  # T, B, H
STEPPED = ((1, 32), (1, 128), (16, 256), (16, 512), (16, 1024))  # B, H
SHORT, LONG = 64, 1024
GRID = tuple(itertools.product((64, 256), (1, 16, 64), (64, 256, 768)))  # T, B, H
CALLS = 5


def case_of(cell: str, direction: str, t: int, b: int, h: int, backend: str = "cuda", **more: Any) -> Case:
    """A case of this script."""
    return Case("gpu", cell, backend, direction, "none", t, h, h, b, **more)


def fits(case: Case) -> bool:
    """Whether the sharing has a kernel of this size."""
    from cells.cuda.plan import sharings
    from cells.cuda.target import facts

    ways = ("forward", "backward") if case.direction == "training" else ("forward",)
    given = (case.cell, case.hidden_size, case.batch_size, case.dtype, facts())
    return all(case.variant in sharings(*given, way) for way in ways)


def about(case: Case) -> Row:
    """What names a case in a line."""
    names = ("cell", "backend", "direction", "variant", "dtype", "seq_len", "batch_size", "hidden_size")
    return {name: getattr(case, name) for name in names}


def check(case: Case) -> Row:
    """Error against float64, and whether a second call gives the same bits."""
    contender = make_contender(case)
    one, two = contender.results(), contender.results()
    error = largest_error(case, one)
    same = all(np.array_equal(one[name].numpy(), two[name].numpy()) for name in one)
    return {"error": error, "right": bool(error <= TOLERANCE[case.dtype]), "same_bits": same}


def step(case: Case) -> Row:
    """Microseconds of a step: the difference of two lengths, so that nothing that is done once is in it."""
    medians = []
    for length in (SHORT, LONG):
        contender = make_contender(replace(case, seq_len=length))
        clock().series(contender.call, 2)
        medians.append(statistics.median(clock().series(contender.call, CALLS)))
    return {"step_us": (medians[1] - medians[0]) / (LONG - SHORT) * 1e6, "short_s": medians[0], "long_s": medians[1]}


def timed(case: Case) -> Row:
    """Medians of all that the study `gpu` measures."""
    found: dict[str, list[float]] = {}
    for row in measure(case, 0):
        if row.value is not None:
            found.setdefault(row.metric, []).append(row.value)
    return {metric: statistics.median(values) for metric, values in found.items()}


def plan() -> Iterator[tuple[str, Case, Callable[[Case], Row]]]:
    """Every line of the script: its kind, its case, and what is done with it."""
    from cells import cell_names

    for (t, b, h), cell, direction in itertools.product(CHECKED, cell_names(), DIRECTIONS):
        for variant in SHARINGS:
            yield "check", case_of(cell, direction, t, b, h, variant=variant), check
        if h >= 128:
            yield "check", case_of(cell, direction, t, b, h, dtype="bfloat16"), check
    for (b, h), cell, variant in itertools.product(STEPPED, CELLS, SHARINGS):
        yield "step", case_of(cell, "inference", 1, b, h, variant=variant), step
    for (t, b, h), cell, direction in itertools.product(GRID, CELLS, DIRECTIONS):
        for backend in ("cuda", "cudnn", "cuda-again"):
            yield "time", case_of(cell, direction, t, b, h, backend), timed


def main() -> int:
    """0 all right, 1 something failed or was wrong, 2 no GPU."""
    folder, bad, began = os.environ.get("OUT"), 0, time.monotonic()
    file = (Path(folder) / "gpu_first.jsonl").open("w") if folder else None

    def tell(**row: Any) -> None:
        text = json.dumps({"at_s": round(time.monotonic() - began, 3), **row})
        for stream in (sys.stdout, file):
            if stream is not None:
                print(text, file=stream, flush=True)

    tell(kind="facts", gpu=gpu.facts(), python=sys.version.split()[0], numpy=np.__version__)
    if not gpu.available():
        tell(kind="failed", reason=gpu.why_not() or "nvidia-smi sees no GPU")
        return 2
    from cells.cuda.target import facts

    todo = [line for line in plan() if line[1].variant == "-" or fits(line[1])]
    jobs = jobs_of([case for _, case, _ in todo], facts())
    compile_all(jobs, os.cpu_count() or 1)
    tell(kind="compiled", kernels=len(jobs))
    for kind, case, act in todo:
        try:
            row = act(case)
        except Exception as error:  # told, and the next line is tried: the machine is lent for minutes
            row = {"failed": f"{type(error).__name__}: {error}"}
        bad += "failed" in row or not row.get("right", True) or not row.get("same_bits", True)
        tell(kind=kind, **about(case), **row)
    tell(kind="end", bad=bad, gpu=gpu.facts())
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
