"""Rows of the study of a layer's calls, with known ratios and growth."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from bench.case import Case
from bench.rows import Measurement
from cells.registry import main_cells

CELLS = main_cells()
PLAIN_S = 1e-3
TRAINING = 3.0
RATIOS = {
    "states-kept": 1.25,
    "double": 2.0,
    "one-thread-inference": 1.8,
    "one-thread-training": 1.6,
    "profile": 0.75,
}
GROWTH = {"inference": 1.0, "training": 1.1}
SPECTRUM_S = 0.4
LENGTHS = (64, 256, 1024)


def call_costs(truth: Any, rng: np.random.Generator) -> Iterator[Measurement]:
    """Yield the calls of each cell; what slows a block down slows all of its calls."""
    for cell in CELLS:
        for block in range(truth.blocks):
            drift = math.exp(rng.normal(0, 0.1))
            for case, seconds in _calls(cell):
                yield Measurement(case, "elapsed_s", seconds * drift, "s", block)


def _calls(cell: str) -> Iterator[tuple[Case, float]]:
    def case(direction: str, shape: tuple[int, ...] = (100, 32, 64, 128), threads: int = 2, **more: Any) -> Case:
        steps, batch, inputs, hidden = shape
        sizes = {"seq_len": steps, "batch_size": batch, "input_size": inputs, "hidden_size": hidden}
        return Case("call-costs", cell, direction=direction, threads=threads, **sizes, **more)

    training = PLAIN_S * TRAINING
    yield case("inference"), PLAIN_S
    yield case("training"), training
    yield case("forward"), PLAIN_S * RATIOS["states-kept"]
    yield case("inference", dtype="float64"), PLAIN_S * RATIOS["double"]
    yield case("inference", threads=1), PLAIN_S * RATIOS["one-thread-inference"]
    yield case("training", threads=1), training * RATIOS["one-thread-training"]
    yield case("profile"), training * RATIOS["profile"]
    yield case("spectrum", (600, 1, 32, 64), dtype="float64"), SPECTRUM_S
    for direction, power in GROWTH.items():
        for steps in LENGTHS:
            yield case(direction, (steps, 4, 64, 64), threads=1), PLAIN_S * (steps / 64) ** power
