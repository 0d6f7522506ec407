"""Rows of the studies about the machine: parts of a step, its peak rate, first calls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bench.case import Case
from bench.rows import Measurement
from cells.registry import distinct_cells, main_cells


def steps(truth: Any, rng: np.random.Generator) -> Iterator[Measurement]:
    for cell in main_cells():
        case = Case("steps", cell, direction="training", seq_len=64, hidden_size=64, input_size=64, batch_size=32)
        for block in range(truth.blocks):
            yield Measurement(case, "whole_s", 0.1, "s", block)
            for part in ("input_product", "recurrent_product", "point_wise", "weight_gradient"):
                yield Measurement(case, f"{part}_s", 0.02, "s", block)
                if block == 0 and part != "point_wise":
                    yield Measurement(case, f"part_flops_{part}", 1e9, "FLOP")


def peak(truth: Any, rng: np.random.Generator) -> Iterator[Measurement]:
    for threads in (1, 2):
        case = Case("peak", "multiply-add", threads=threads)
        for block in range(truth.blocks):
            yield Measurement(case, "multiply_add_rate", 1e11 * threads, "FLOP/s", block)


def compiling(truth: Any, rng: np.random.Generator) -> Iterator[Measurement]:
    for cell in distinct_cells():
        case = Case("compile", cell)
        yield Measurement(case, "first_call_cold_s", 9.0 + rng.random(), "s")
        yield Measurement(case, "first_call_warm_s", 0.5 + 0.1 * rng.random(), "s")
