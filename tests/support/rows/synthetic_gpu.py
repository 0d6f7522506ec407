"""Rows of a GPU that does not exist, and of kernels that were never compiled: ratios and resources that are known."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from bench.case import Case, make_case
from bench.contenders.torch_gpu import MODULES as CUDNN_CELLS
from bench.metrics import METRICS
from bench.rows import Measurement
from bench.studies.axes import GATED_CELLS
from cells.registry import main_cells

CELLS = main_cells()
COMPARED = tuple(cell for cell in CELLS if cell in CUDNN_CELLS)
"""Cells that cuDNN has; only they have a ratio."""
RATIOS = {"small": 1.4, "wide": 0.9, "large": 1.8}
"""cuDNN's time over that of this suite, by range of sizes; in half precision a quarter less."""
HALF = 0.75
GRID = tuple(itertools.product((64, 256), (1, 16, 128), (32, 64, 512, 1024)))
"""T, B, H."""
PUBLISHED = (("lstm", 25, 16, 512), ("rnn", 50, 16, 1760), *((cell, 1024, 16, 768) for cell in COMPARED))
CLOCK = 1.98e9
LAUNCH = 4e-6
COLD = 1.25
MEMORY = 0.5
ERROR = 3e-6
EXCESS = 1.1
THROTTLED = 2
"""Samples with a clock that was held down."""
SHARED = {"block": 48 * 1024, "cluster": 96 * 1024, "grid": 200 * 1024, "launch": 8 * 1024}


def ratio(batch: int, hidden: int) -> float:
    """cuDNN's time over that of this suite in float32."""
    if hidden > 192:
        return RATIOS["large"]
    return RATIOS["small"] if batch <= 64 else RATIOS["wide"]


def gpu(
    truth: Any, rng: np.random.Generator, grid: Iterable[tuple[int, int, int]] = GRID, cells: Iterable[str] = CELLS
) -> Iterator[Measurement]:
    """Times that grow with the hidden and the batch size, at every shape in float32 and bfloat16."""
    shapes = [(cell, *shape) for cell, shape in itertools.product(cells, grid)] + list(PUBLISHED)
    throttled = THROTTLED
    for (cell, t, b, h), direction in itertools.product(shapes, ("inference", "training")):
        step = {"rnn": 0.8, "gru": 0.9}.get(cell, 1.0) * (2e-6 + b * h * h * 4e-13)
        step *= 3 if direction == "training" else 1
        own = t * step + 10e-6
        for dtype, half in (("float32", 1.0), ("bfloat16", HALF)):
            peer = "cudnn" if dtype == "float32" else "cudnn-fp16"
            times = {"cuda": own * half, "cuda-again": own * half}
            if cell in COMPARED:
                times[peer] = own * half * ratio(b, h) * half
            for backend, seconds in times.items():
                case = Case("gpu", cell, backend, direction, "none", t, h, h, b, dtype)
                for block in range(truth.blocks):
                    drawn = seconds * np.exp(rng.normal(0, truth.noise))
                    yield _row(case, "event_s", drawn, block)
                    yield _row(case, "event_cold_s", drawn * COLD, block)
                    for replicate, clock in enumerate((CLOCK / 4, CLOCK)):
                        yield _row(case, "gpu_clock_hz", clock, block, replicate)
                        yield _row(case, "gpu_throttled", float(throttled > 0), block, replicate)
                        throttled -= 1
                yield _row(case, "launch_overhead_s", LAUNCH * (1 if backend.startswith("cuda") else 3))
                yield _row(case, "peak_device_bytes", t * b * h * 4 * (MEMORY if backend.startswith("cuda") else 1))
                yield _row(case, "validation_error", ERROR if dtype == "float32" else ERROR * 1e3)


def sharings(truth: Any, rng: np.random.Generator) -> Iterator[Measurement]:
    """The rule takes the second best, which is slower by `EXCESS`; no block holds many units."""
    for cell, direction, h in itertools.product(CELLS, ("inference", "training"), (64, 512)):
        times = {"block": 1.0, "cluster": 2.0, "grid": 3.0, "launch": 4.0}
        if h == 512:
            del times["block"]
        times["-"] = min(times.values()) * EXCESS
        for variant, seconds in times.items():
            case = make_case(
                "sharings",
                cell,
                "cuda",
                direction,
                merge="none",
                seq_len=256,
                hidden_size=h,
                input_size=16,
                batch_size=16,
                variant=variant,
            )
            for block in range(truth.blocks):
                yield _row(case, "event_s", seconds * 1e-3 * (1 + 0.1 * block), block)


def kernels(truth: Any, rng: np.random.Generator) -> Iterator[Measurement]:
    """Every sharing of the gated cells; clusters on the newer architecture only."""
    for architecture, cell, way, h in itertools.product(
        ("sm_80", "sm_90a"), GATED_CELLS, ("forward", "backward"), (128, 512)
    ):
        for sharing, shared in SHARED.items():
            if sharing == "cluster" and architecture == "sm_80":
                continue
            case = make_case(
                "kernels",
                cell,
                architecture,
                way,
                merge="none",
                seq_len=1,
                hidden_size=h,
                input_size=h,
                batch_size=16,
                dtype="float32",
                initialiser="-",
                inputs="-",
                variant=sharing,
            )
            threads = 512 if sharing == "block" else 256
            facts = {
                "registers": 128, "threads": threads, "shared_bytes": shared, "stack_bytes": 0, "spill_bytes": 0,
                "blocks": 16, "blocks_per_multiprocessor": 1 if sharing == "grid" else 2,
                "chosen": float(sharing == ("block" if h == 128 else "grid")),
            }  # fmt: skip
            for name, value in facts.items():
                yield Measurement(case, name, value, METRICS[name][0])


def _row(case: Case, metric: str, value: float, block: int = 0, replicate: int = 0) -> Measurement:
    return Measurement(case, metric, float(value), METRICS[metric][0], block, replicate)
