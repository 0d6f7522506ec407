"""Rows of the phase diagram and of the mean-field study, made with boundaries and rates that are known."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from analysis.theory import closed_forms as theory
from bench.case import make_case
from bench.rows import Measurement
from bench.studies.axes import GATED_CELLS, SIMPLE_CELL, has_gain
from cells.registry import find_cell

LAGS = (0, 10, 40, 70, 100)
GAINS = (0.5, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 32.0)
SCALES = (0.0, 0.25, 0.5, 1.0, 2.0)
BIASES = (-1.0, 0.0, 1.0, 2.0, 4.0)
CALM = (1.0, 1.5)
"""Gains between which the slope of an RNN without input wavers about zero."""
WAVER = 2e-3
STEEPNESS = 0.3
"""Decades per step by which a tenfold gain raises the slope."""
SHIFT = 1.5
"""Factor by which an input raises the boundary of a gated cell."""
LONG_LAGS = (0, 10, 100, 400, 900, 1000, 1200)
"""Of networks without input, and of those beside the mean field."""
TRANSIENT = 30.0
"""Decades that the first steps of a long sequence add: they are to be left out."""
SIZES = (16, 64)
POINTS = ((0.8, 0.0), (1.5, 0.0), (2.0, 0.0), (0.8, 1.0), (2.0, 1.0))
SWEPT = POINTS[2:]
SEED_NOISE = 1e-3
EXCESS = 0.05
"""Nats by which a spectral radius lies above the gain, without input and below a gain of one."""


def boundary(cell: str, against: float, silent: bool = False) -> float:
    """Gain at which the gradient neither vanishes nor explodes: of an RNN by input scale, else by the gate's bias."""
    if cell == SIMPLE_CELL:
        return 1.0 + against
    return theory.critical_gain(cell, against) * (1.0 if silent else SHIFT)


def gain(truth: Any, rng: np.random.Generator) -> Iterator[Measurement]:
    """Slopes that are straight in the logarithm of the gain, zero at the boundary; linear controls that follow it."""
    cells = [(SIMPLE_CELL, "gaussian", scale, 0.0, "normal" if scale else "start") for scale in SCALES]
    cells += [(SIMPLE_CELL, kind, 0.0, 0.0, "zero") for kind in ("gaussian", "scaled-orthogonal")]
    cells += [
        (cell, "gaussian", float(inputs == "normal"), bias, inputs)
        for cell, bias, inputs in itertools.product(filter(has_gain, GATED_CELLS), BIASES, ("normal", "zero"))
    ]
    cells.append(("lstm-1997", "gaussian", 1.0, 0.0, "normal"))
    for cell, kind, scale, bias, inputs in cells:
        for level, seed in itertools.product(GAINS, range(truth.seeds if bias == 0 else min(3, truth.seeds))):
            lags = LONG_LAGS if inputs == "start" else LAGS
            case = make_case(
                "gain", cell, direction="profile", dtype="float64", seq_len=lags[-1], hidden_size=64, initialiser=kind,
                initialiser_value=level, gate_bias=bias, inputs=inputs, input_scale=scale, seed=seed,
            )  # fmt: skip
            if inputs == "zero" and cell == SIMPLE_CELL:
                slope = math.log10(level)
                yield Measurement(case, "log10_spectral_radius", slope, "log10")
            elif inputs == "start":
                slope = STEEPNESS * math.log10(level / np.clip(level, *CALM))
                slope += WAVER * (-1) ** GAINS.index(level) if slope == 0 else 0.0
            else:
                against = scale if cell == SIMPLE_CELL else bias
                bounded = "lstm" if cell == "lstm-1997" else cell
                slope = STEEPNESS * math.log10(level / boundary(bounded, against, inputs == "zero"))
            slope += SEED_NOISE * rng.normal()
            if cell == "gru" and bias > 0:
                slope /= 1 + 2 * bias  # what is kept slows everything down
            for lag in lags:
                transient = TRANSIENT if lag > 900 else 0.0
                yield Measurement(case, "log10_norm_h", slope * lag - 1 + transient, "log10", step=lag)
                for state in find_cell(cell).states[1:]:
                    yield Measurement(case, f"log10_norm_{state}", slope * lag, "log10", step=lag)
                    yield Measurement(case, "log10_norm_joint", slope * lag, "log10", step=lag)


def rate(level: float, scale: float, size: int) -> float:
    """λ1 of a network, nats per step."""
    if scale == 0 and level < 1:
        return math.log(level) + EXCESS
    return theory.finite_size_exponent(level, scale**2, size)


def mean_field(truth: Any, rng: np.random.Generator) -> Iterator[Measurement]:
    """Rates of the theory for their size, after a transient that is none of it."""
    for (level, scale), size, seed in itertools.product(POINTS, SIZES, range(truth.seeds)):
        if size < SIZES[-1] and (level, scale) not in SWEPT:
            continue
        case = make_case(
            "mean-field", SIMPLE_CELL, direction="profile", dtype="float64", seq_len=1200, hidden_size=size,
            input_size=size, initialiser="gaussian", initialiser_value=level,
            inputs="normal" if scale else "start", input_scale=scale, seed=seed,
        )  # fmt: skip
        slope = (rate(level, scale, size) + SEED_NOISE * rng.normal()) / math.log(10)
        for lag in LONG_LAGS:
            value = slope * lag + (TRANSIENT if lag > 900 else 0.0)
            yield Measurement(case, "log10_norm_h", value, "log10", step=lag)
