"""Rows of the small experiments and of the exact cases, made with the values that they ought to have."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from analysis.theory import closed_forms as theory
from analysis.theory.published import UNIFORM_RADIUS
from bench.case import Case, make_case
from bench.rows import Measurement
from bench.studies import critical_gain as critical_gains
from bench.studies.axes import GATED_CELLS
from cells.registry import distinct_cells, find_cell

END = 20.0


def _flow(study: str, cell: str, initialiser: str, value: float = 0.0, **rest: Any) -> Case:
    settings: dict[str, Any] = {"direction": "profile", "dtype": "float64"} | rest
    return make_case(study, cell, initialiser=initialiser, initialiser_value=value, **settings)


def linear(truth: Any, rng: np.random.Generator) -> Iterator[Measurement]:
    zero: dict[str, Any] = {"inputs": "zero", "input_scale": 0.0, "hidden_size": 64}
    for gain, dtype in ((1.0, "float64"), (0.5, "float64"), (0.5, "float32")):
        case = _flow("linear", "rnn", "scaled-orthogonal", gain, seq_len=2000, **zero | {"dtype": dtype})
        for lag in (0, 10, 100, 1000, 2000):
            yield Measurement(case, "log10_norm_h", 0.7 + lag * math.log10(gain), "log10", step=lag)
        yield Measurement(case, "log10_spectral_radius", math.log10(gain), "log10")
    for seed in range(truth.seeds):
        case = _flow("linear", "rnn", "gaussian", 0.9, seq_len=20_000, seed=seed, **zero)
        for lag in (0, 100, 500, 1000, 5000, 10_000, 20_000):
            yield Measurement(case, "log10_norm_h", lag * math.log10(0.95), "log10", step=lag)
        yield Measurement(case, "log10_spectral_radius", math.log10(0.95), "log10")
    for bias in (0.0, 1.0, 2.0):
        case = _flow("linear", "lstm", "gaussian", 0.0, seq_len=100, gate_bias=bias, **zero)
        for lag in (0, 10, 20, 50, 100):
            yield Measurement(case, "log10_forget_path", lag * math.log10(theory.sigmoid(bias)), "log10", step=lag)


def chrono(truth: Any, rng: np.random.Generator) -> Iterator[Measurement]:
    for seed in range(truth.seeds):
        case = _flow("chrono", "lstm", "chrono", 100.0, seq_len=100, inputs="zero", input_scale=0.0, seed=seed)
        for lag in (10, 100):
            left = theory.chrono_left(100.0, lag) + rng.normal(0, 0.001)
            yield Measurement(case, "log10_forget_mean", math.log10(left), "log10", step=lag)


def matrices(truth: Any, rng: np.random.Generator) -> Iterator[Measurement]:
    size, steps = 4, 2000
    spread = theory.gaussian_product_deviations(size) / math.sqrt(steps)
    for seed in range(truth.seeds):
        case = _flow("matrices", "matrix", "gaussian", 0.8, seq_len=steps, hidden_size=size, inputs="-", seed=seed)
        for place, value in enumerate(theory.gaussian_product_exponents(size, 0.8), start=1):
            drawn = value + rng.normal(0, spread[place - 1])
            yield Measurement(case, "lyapunov", drawn, "nats per step", step=place)
        for factors in range(1, 11):
            yield Measurement(case, "log10_product_norm", factors * math.log10(0.8), "log10", step=factors)


def radius(truth: Any, rng: np.random.Generator) -> Iterator[Measurement]:
    for size, seed in ((64, seed) for seed in range(truth.seeds)):
        case = _flow("radius", "rnn", "torch", hidden_size=size, inputs="-", seed=seed)
        yield Measurement(case, "spectral_radius", UNIFORM_RADIUS[size] + rng.normal(0, 0.001), "1")


def critical_gain(truth: Any, rng: np.random.Generator) -> Iterator[Measurement]:
    for cell, bias in critical_gains.POINTS:
        case = _flow("critical-gain", cell, "gaussian", 1.0, gate_bias=bias, inputs="zero", input_scale=0.0)
        yield Measurement(case, "critical_gain", theory.critical_gain(cell, bias), "1")


def clamped(truth: Any, rng: np.random.Generator) -> Iterator[Measurement]:
    """Held gates leave the same gradient."""
    for cell, inputs in itertools.product(GATED_CELLS, (1, 32)):
        for seed in range(truth.seeds):
            case = _flow("clamped", cell, "torch", seq_len=100, hidden_size=64, input_size=inputs, seed=seed)
            slope = -0.19 + rng.normal(0, 0.001)
            for metric, drift in (("log10_norm_h", 0.0), ("log10_clamped_h", rng.normal(0, 0.0005))):
                for lag in (0, 10, 20, 50, 90):
                    yield Measurement(case, metric, (slope + drift) * lag, "log10", step=lag)


def ends(truth: Any, rng: np.random.Generator) -> Iterator[Measurement]:
    """A closed gate lets nothing through, an open one all; what shows the state squashes it once more."""
    closed = theory.sigmoid(-END)
    for cell, seed in itertools.product(GATED_CELLS, range(truth.seeds)):
        spec, case = find_cell(cell), _flow("ends", cell, "torch", hidden_size=32, seed=seed)
        shares = {"share_kept": spec.keeps, "share_taken": spec.writes, "share_passed": spec.shows}
        for metric in (metric for metric, gate in shares.items() if gate is not None):
            yield Measurement(case, metric, closed, "1", step=-END)
            yield Measurement(case, metric, 1 - closed, "1", step=END)
        if spec.shows is not None:
            yield Measurement(case, "squashed_twice", closed, "1")


def reach(truth: Any, rng: np.random.Generator) -> Iterator[Measurement]:
    """Half a decade a step, back and, in two directions, ahead; in one direction exactly nothing."""
    for merge in ("none", "concat"):
        for seed in range(truth.seeds):
            case = _flow("reach", "lstm", "torch", seq_len=101, hidden_size=32, input_size=8, seed=seed, merge=merge)
            for offset in (-50, -20, -10, -1, 0, 1, 10, 20, 50):
                if merge == "none" and offset > 0:
                    yield Measurement(
                        case, "log10_reach", None, "log10", step=offset, status="zero", reason="exactly 0"
                    )
                else:
                    value = -0.5 * abs(offset) + rng.normal(0, 0.01)
                    yield Measurement(case, "log10_reach", value, "log10", step=offset)


def sequences(truth: Any, rng: np.random.Generator) -> Iterator[Measurement]:
    for cell in distinct_cells():
        for seed in range(truth.seeds):
            case = _flow("sequences", cell, "torch", seq_len=1000, hidden_size=32, batch_size=4, seed=seed)
            for metric in ("padding_difference", "chunk_difference", "future_gradient"):
                yield Measurement(case, metric, 0.0, "1")
            if find_cell(cell).forget_gate is not None:
                yield Measurement(case, "state_lost", 2e-6, "1")
            case = _flow(
                "sequences", cell, "torch", seq_len=1000, hidden_size=32, batch_size=4, seed=seed, merge="concat"
            )
            yield Measurement(case, "future_gradient", 0.1, "1")
