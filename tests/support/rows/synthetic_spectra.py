"""Rows of Jacobians, Lyapunov spectra and lost gradients, made with the values that they ought to have."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from analysis.theory import closed_forms as theory
from analysis.theory.published import CLARK
from bench.case import Case, make_case
from bench.rows import Measurement
from bench.studies.axes import default_and_last_initialiser
from cells.registry import distinct_cells, find_cell, main_cells

LAGS = (0, 1, 2, 3, 5, 7, 10, 14, 20, 28, 40, 56, 80, 100)
SINGULAR_VALUE = 1.1
"""Largest of the RNN's recurrent matrix; 1 where it is orthogonal."""
SPECTRAL = 0.2
"""Decades by which the worst direction lies above the typical one, from lag 20 on."""
FORGET = {"torch": 0.55, "keras": 0.73, "orthogonal": 0.55, "torch-fb1": 0.75, "chrono": 0.98}
"""Forget gate of the LSTM, by initialiser."""
SIZE = 16
"""Units of the spectra under an input."""
CHAOTIC_SIZE = 64
POWERS = {2.0: 1.1, 3.0: 1.2}


def _flow(study: str, cell: str, initialiser: str, **rest: Any) -> Case:
    settings: dict[str, Any] = {"direction": "profile", "dtype": "float64", "input_size": 1, "batch_size": 1} | rest
    value = 100.0 if initialiser == "chrono" else 0.0
    return make_case(study, cell, **{"initialiser": initialiser, "initialiser_value": value} | settings)


def jacobians(truth: Any, rng: np.random.Generator) -> Iterator[Measurement]:
    """Norms that fall by the cell's factor, forward and backward; the bound above; the path through forget gates."""
    for (cell, initialiser), factor in truth.factors.items():
        if cell not in main_cells():
            continue
        for seed in range(truth.seeds):
            case = _flow("jacobians", cell, initialiser, seq_len=100, hidden_size=64, seed=seed)
            slope = math.log10(factor) + rng.normal(0, 0.001)
            for lag in LAGS:
                later = lag > 0
                norms = {"joint_rms": slope * lag, "joint_spectral": slope * lag + SPECTRAL * min(1, lag / 20)}
                norms["perturbation"] = 0.8 + slope * lag
                if cell == "lstm":
                    path = lag * math.log10(FORGET[initialiser])
                    norms |= {"joint_rms": slope * lag - 0.1 * later, "cell_rms": slope * lag, "cell_path": path}
                for name, value in norms.items():
                    metric = f"log10_{name}" if name == "perturbation" else f"log10_jacobian_{name}"
                    yield Measurement(case, metric, value, "log10", step=lag)
                if cell == "rnn":
                    bound = lag * math.log10(1.0 if initialiser == "orthogonal" else SINGULAR_VALUE)
                    yield Measurement(case, "log10_pascanu_bound", bound, "log10", step=lag)
            if cell == "lstm":
                yield Measurement(case, "cell_from_hidden", 0.3 + rng.normal(0, 0.01), "1")


def chaos(gain: float, size: int = CHAOTIC_SIZE) -> list[float]:
    """Exponents λ1·(1 - (x/x0)^a) with the published λ1, entropy and, by a, dimension; the last sets their mean."""
    largest, _, entropy = CLARK[gain]
    power = POWERS[gain]
    zero = entropy / largest * (power + 1) / power
    found = [largest * (1 - ((i + 0.5) / size / zero) ** power) for i in range(size - 1)]
    return [*found, size * theory.mean_field(gain, 0.0).mean_exponent - sum(found)]


def spectrum(truth: Any, rng: np.random.Generator) -> Iterator[Measurement]:
    """Chaos as published, the same in every network; under an input from ln of the factor down; one direction lost."""
    for gain in CLARK:
        exponents = chaos(gain)
        for seed in range(truth.seeds):
            case = _flow(
                "spectrum", "rnn", "gaussian", initialiser_value=gain, inputs="start", input_scale=0.0, seq_len=1500,
                hidden_size=CHAOTIC_SIZE, seed=seed,
            )  # fmt: skip
            for place, value in enumerate(exponents, start=1):
                yield Measurement(case, "lyapunov", value, "nats per step", step=place)
    for cell in distinct_cells():
        for initialiser, _ in default_and_last_initialiser(cell):
            for seed in range(truth.seeds):
                case = _flow("spectrum", cell, initialiser, seq_len=600, hidden_size=SIZE, seed=seed)
                first = math.log(truth.factors[cell, initialiser])
                for place in range(SIZE * len(find_cell(cell).states)):
                    value = first * (1 + place / SIZE) - 4.0 * (place >= SIZE) + rng.normal(0, 1e-4)
                    if cell == "rnn" and place == SIZE - 1:
                        yield Measurement(
                            case, "lyapunov", None, "nats per step", step=place + 1, status="zero", reason="lost"
                        )
                    else:
                        yield Measurement(case, "lyapunov", value, "nats per step", step=place + 1)


def underflow(truth: Any, rng: np.random.Generator) -> Iterator[Measurement]:
    """Lost when theory says so; with a forget bias of one the case is too short."""
    for cell, initialiser in itertools.product(main_cells(), ("torch", "torch-fb1")):
        if initialiser == "torch-fb1" and find_cell(cell).forget_gate is None:
            continue
        normal, denormal = theory.underflow_steps(truth.factors[cell, initialiser], "float32")
        for seed in range(truth.seeds):
            case = _flow("underflow", cell, initialiser, seq_len=500, hidden_size=128, dtype="float32", seed=seed)
            for kind, steps in (("normal", normal), ("denormal", denormal)):
                for metric in ("lost_seen", "lost_computed"):
                    name, short = f"{metric}_{kind}", steps > case.seq_len
                    if short:
                        yield Measurement(
                            case, name, 500.0, "steps", status="censored", reason="not lost within 500 steps"
                        )
                    else:
                        yield Measurement(case, name, float(math.ceil(steps)), "steps")
