"""Rows of steps of training that were never timed: how many times as long PyTorch takes, and each part's share."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from bench.case import Case
from bench.rows import Measurement
from bench.studies.training_speed import training_step
from cells.registry import main_cells

RATIO = {"rnn": 6.0, "lstm": 2.0, "gru": 9.0}
"""Time of PyTorch over ours, at every size; only these cells are timed."""
COMPILED = 0.5
"""Time of compiled steps over those that are not."""
SHARES = {
    "pack": 0.02, "forward": 0.3, "readout": 0.03, "backward": 0.35, "parameter_gradients": 0.25, "update": 0.05,
}  # fmt: skip
PRODUCTS = ("forward", "backward", "parameter_gradients")
HIDDEN_SIZES = (32, 128)


def step_s(case: Case) -> float:
    """Time of a step of ours."""
    return 1e-3 * case.hidden_size / 32 / (1.4 if case.threads > 1 else 1.0)


def training_speed(truth: Any, rng: np.random.Generator) -> Iterator[Measurement]:
    """Yield steps of all; what slows a block down slows all of its steps."""
    for cell, ratio in RATIO.items():
        for hidden_size in HIDDEN_SIZES:
            for threads in (1, 2):
                case = training_step("training-speed", cell, hidden_size, threads)
                times = {"cpu": 1.0, "cpu-again": 1.0, "torch": ratio}
                if threads == 1:
                    times["torch-compile"] = ratio * COMPILED
                for block in range(truth.blocks):
                    drift = math.exp(rng.normal(0, 0.1))
                    for backend, factor in times.items():
                        for replicate in range(3):
                            taken = step_s(case) * factor * drift * math.exp(abs(rng.normal(0, truth.noise)))
                            own = case.replaced(backend=backend)
                            yield Measurement(own, "train_step_s", taken, "s", block, replicate)


def training_parts(truth: Any, rng: np.random.Generator) -> Iterator[Measurement]:
    """Yield the parts of a step, whose products take twice what their operations take at the peak."""
    for cell in main_cells():
        for hidden_size in HIDDEN_SIZES:
            case = training_step("training-parts", cell, hidden_size, 1)
            for block in range(truth.blocks):
                yield Measurement(case, "train_step_s", step_s(case), "s", block)
                for part, share in SHARES.items():
                    yield Measurement(case, f"train_part_s_{part}", share * step_s(case), "s", block)
                    if block == 0 and part in PRODUCTS:
                        yield Measurement(case, f"part_flops_{part}", share * step_s(case) * 1e11 / 2, "FLOP")
