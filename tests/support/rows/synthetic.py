"""A run that was never measured: tidy rows with known slopes, ratios and counts."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.theory import closed_forms as theory
from bench.case import Case, as_row, make_case
from bench.contenders.registry import PEERS
from bench.metrics import METRICS
from bench.rows import COLUMNS, Measurement
from bench.studies.axes import initialisers_for
from bench.studies.forget_bias import FORGET_BIASES
from cells.registry import cell_names, distinct_cells, find_cell, main_cells
from tests.support.rows import synthetic_calls as calls
from tests.support.rows import synthetic_flows as flows
from tests.support.rows import synthetic_gain as gains
from tests.support.rows import synthetic_gpu as devices
from tests.support.rows import synthetic_machine as machine
from tests.support.rows import synthetic_probes as probes
from tests.support.rows import synthetic_spectra as spectra
from tests.support.rows import synthetic_trained as trained
from tests.support.rows import synthetic_training as trainings
from tests.support.rows import synthetic_training_speed as speeds

LAGS = (0, 1, 2, 3, 5, 7, 10, 14, 20, 28, 40, 56, 80, 100)
DRAWN = {
    ("rnn", "torch"): 0.594, ("lstm", "torch"): 0.653, ("gru", "torch"): 0.647, ("gru-reset-before", "torch"): 0.642,
    ("rnn", "keras"): 0.926, ("lstm", "keras"): 0.86, ("gru", "keras"): 0.66, ("gru-reset-before", "keras"): 0.65,
    ("rnn", "orthogonal"): 0.97, ("lstm", "orthogonal"): 0.76, ("gru", "orthogonal"): 0.75,
    ("gru-reset-before", "orthogonal"): 0.74,
    ("lstm", "torch-fb1"): 0.88, ("lstm", "chrono"): 0.985, ("gru", "chrono"): 0.98,
    ("gru-reset-before", "chrono"): 0.978,
}  # fmt: skip
FACTORS = DRAWN | {
    (cell, name): 0.7 for cell in distinct_cells() for name, _ in initialisers_for(cell) if (cell, name) not in DRAWN
}
"""Factor of a gradient per step by cell and initialiser; a cell that nothing here is told about has one of 0.7."""
COST = {"rnn": 1.0, "lstm": 4.0, "gru": 3.2, "gru-reset-before": 3.4}
"""Time of a call over that of an RNN; a cell that nothing here is told about takes as long as an RNN."""


@dataclass(frozen=True)
class Truth:
    """What the rows are made from."""

    factors: dict[tuple[str, str], float] = field(default_factory=lambda: dict(FACTORS))
    training_ratio: dict[str, float] = field(default_factory=lambda: {"cpu": 0.8, "torch": 2.5})
    seeds: int = 8
    blocks: int = 7
    noise: float = 0.02
    factor_noise: float = 0.01
    learned: trainings.Learned = field(default_factory=trainings.Learned)


def frame(truth: Truth | None = None, studies: tuple[str, ...] | None = None, seed: int = 0) -> pd.DataFrame:
    """Tidy rows of all studies, or of those named."""
    truth = truth or Truth()
    makers = {
        "runtime": runtime, "compile": machine.compiling, "gradients": gradients, "forget-bias": forget_bias,
        "every-step": flows.every_step, "truncated": flows.truncated, "memory-curse": flows.memory_curse,
        "spread": flows.spread, "clipping": flows.clipping,
        "gates": gates, "activations": activations, "parameters": parameters, "grid": grid, "parallel": parallel,
        "steps": machine.steps, "peak": machine.peak, "linear": probes.linear, "chrono": probes.chrono,
        "matrices": probes.matrices, "radius": probes.radius, "critical-gain": probes.critical_gain,
        "clamped": probes.clamped, "ends": probes.ends,
        "sequences": probes.sequences, "reach": probes.reach, "jacobians": spectra.jacobians,
        "spectrum": spectra.spectrum,
        "call-costs": calls.call_costs,
        "underflow": spectra.underflow, "gain": gains.gain, "mean-field": gains.mean_field,
        "gpu": devices.gpu, "kernels": devices.kernels, "sharings": devices.sharings,
        "memory-tasks": trainings.memory_tasks, "more-tasks": trainings.more_tasks,
        "learning-curves": trained.learning_curves, "random-search": trainings.random_search,
        "future-context": trained.future_context, "during-training": trained.during_training,
        "one-network": trained.one_network, "clipped-training": trainings.clipped_training,
        "time-to-solve": trainings.time_to_solve,
        "training-speed": speeds.training_speed, "training-parts": speeds.training_parts,
    }  # fmt: skip
    rows = []
    for name in studies or tuple(makers):
        rng = np.random.default_rng([seed, len(name)])
        rows += [row(measurement) for measurement in makers[name](truth, rng)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def has(backend: str, cell: str) -> bool:
    """Say whether an implementation has the cell: this suite has every one."""
    return backend not in PEERS or cell in PEERS[backend].cells


def row(measurement: Measurement) -> dict[str, Any]:
    values = {name: getattr(measurement, name) for name in COLUMNS if hasattr(measurement, name)}
    run = {
        "environment": "synthetic",
        "code_version": "0",
        "run": "r",
        "whole": 1,
        "measured_at": "2026-01-01T00:00:00Z",
    }
    return _columns(measurement.case) | values | run


_columns = functools.lru_cache(maxsize=1)(as_row)  # the measurements of a case follow one another


def runtime(truth: Truth, rng: np.random.Generator) -> Iterator[Measurement]:
    sweeps = {(t, 64, 32) for t in (25, 50, 100, 200, 400)} | {(100, h, 32) for h in (16, 32, 64, 128, 256)}
    sweeps |= {(100, 64, b) for b in (1, 8, 32, 128)}
    cost = dict.fromkeys(distinct_cells(), 1.0) | COST
    backends = {"cpu": 1.0, "cpu-again": 1.0, "torch": 1.6, "onnxruntime": 1.2}
    for t, h, b in sorted(sweeps):
        for block in range(truth.blocks):
            drift = math.exp(rng.normal(0, 0.1))
            for backend, scale in backends.items():
                for cell in distinct_cells():
                    if not has(backend, cell):
                        continue
                    for direction in ("inference", "training"):
                        if backend == "onnxruntime" and direction == "training":
                            continue
                        work = cost[cell] * t * b * h * (h + 32) * 4e-11 * scale + t * 2e-7
                        if direction == "training":
                            work *= 2.6
                            ours = "cpu" if backend == "cpu-again" else backend
                            if cell == "gru" and ours in truth.training_ratio:
                                lstm = cost["lstm"] * t * b * h * (h + 32) * 4e-11 * scale + t * 2e-7
                                work = 2.6 * lstm * truth.training_ratio[ours]
                        merges = ("none", "mean") if (cell, t, h, b) == ("lstm", 100, 64, 32) else ("none",)
                        for merge in merges:
                            case = Case(
                                "runtime", cell, backend, direction, merge, t, h, 32, b, initialiser="torch", seed=0
                            )
                            twice = 2 if merge == "mean" else 1
                            for replicate in range(3):
                                value = work * twice * drift * math.exp(abs(rng.normal(0, truth.noise)))
                                yield Measurement(case, "elapsed_s", value, "s", block, replicate)
        for cell in distinct_cells():
            for direction, factor in (("inference", 2), ("training", 6)):
                case = Case("runtime", cell, "cpu", direction, "none", t, h, 32, b)
                flops = factor * len(find_cell(cell).gates) * h * (h + 32) * t * b
                yield Measurement(case, f"flops_{direction}", flops, "FLOP")
                yield Measurement(case, "validation_error", 3e-7, "1")


def grid(truth: Truth, rng: np.random.Generator) -> Iterator[Measurement]:
    """The fastest peer takes 1.5 times as long at every point."""
    for t, b, i, h in ((64, 1, 32, 32), (64, 16, 64, 64), (25, 16, 512, 512)):
        for cell, direction in itertools.product(main_cells(), ("inference", "training")):
            flops = (2 if direction == "inference" else 6) * len(find_cell(cell).gates) * h * (h + i) * t * b
            peers = {"torch": 1.5, "onnxruntime": 1.8} if direction == "inference" else {"torch": 1.5}
            for backend, scale in ({"cpu": 1.0, "cpu-again": 1.0} | peers).items():
                if not has(backend, cell):
                    continue
                case = Case("grid", cell, backend, direction, "none", t, h, i, b, threads=2)
                for block in range(truth.blocks):
                    yield Measurement(case, "elapsed_s", scale * flops / 1e11, "s", block)
                yield Measurement(case, f"flops_{direction}", flops, "FLOP")


def parallel(truth: Truth, rng: np.random.Generator) -> Iterator[Measurement]:
    """Eight times as long in the longest sequences; the convolution does not care."""
    for t, slowdown in ((64, 1.0), (256, 2.0), (1024, 4.0), (4096, 8.0)):
        for cell, backend in itertools.product((*main_cells(), "convolution"), ("cpu", "torch", "onnxruntime")):
            if not has(backend, cell):
                continue
            case = Case("parallel", cell, backend, "inference", "none", t, 64, 64, 4096 // t, threads=2)
            for block in range(truth.blocks):
                drawn = 1e-3 * (1 if cell == "convolution" else slowdown) * math.exp(rng.normal(0, truth.noise))
                yield Measurement(case, "elapsed_s", drawn, "s", block)


def gradients(truth: Truth, rng: np.random.Generator) -> Iterator[Measurement]:
    for (cell, initialiser), factor in truth.factors.items():
        for t in (50, 100):
            for h in (16, 32, 64, 128):
                for seed in range(truth.seeds):
                    value = 100.0 if initialiser == "chrono" else 0.0
                    case = Case(
                        "gradients", cell, "cpu", "profile", "none", t, h, 1, 4, "float64", initialiser, value,
                        seed=seed,
                    )  # fmt: skip
                    own = factor * (1 - 0.5 / h) * math.exp(rng.normal(0, truth.factor_noise))
                    yield from profile(case, "log10_norm_h", own, rng)
                    for state in find_cell(cell).states[1:]:
                        yield from profile(case, f"log10_norm_{state}", own, rng, start=0.3)
                        yield from profile(case, "log10_norm_joint", own, rng)


def profile(
    case: Case, metric: str, factor: float, rng: np.random.Generator, start: float = 0.0
) -> Iterator[Measurement]:
    for lag in LAGS:
        if lag <= case.seq_len:
            value = start - 2 + lag * math.log10(factor) + (0.02 * rng.normal() if 0 < lag else 0.0)
            yield Measurement(case, metric, value, METRICS[metric][0], step=lag)


def forget_bias(truth: Truth, rng: np.random.Generator) -> Iterator[Measurement]:
    """What a gate keeps along the path past every product, and in total a little more."""
    drawn = [(cell, "forget-bias", bias) for cell in ("lstm", "lstm-coupled") for bias in FORGET_BIASES]
    for cell, initialiser, bias in (*drawn, ("lstm-1997", "torch", 0.0)):
        gate = 1.0 if cell == "lstm-1997" else theory.sigmoid(bias)
        factor = 1.01 if cell == "lstm-1997" else gate + (1 - gate) * 0.2
        for seed in range(truth.seeds):
            case = Case(
                "forget-bias", cell, "cpu", "profile", "none", 100, 32, 1, 4, "float64", initialiser, bias, seed=seed
            )
            yield from profile(case, "log10_norm_c", factor, rng)
            yield from profile(case, "log10_norm_h", factor, rng)
            for lag in LAGS:
                noise = 0.0 if cell == "lstm-1997" or lag == 0 else 0.02 * rng.normal()
                yield Measurement(case, "log10_forget_path", lag * math.log10(gate) + noise, "log10", step=lag)


def gates(truth: Truth, rng: np.random.Generator) -> Iterator[Measurement]:
    """Gates half open; the one that keeps the state near the end that keeps, where an initialiser puts it there."""
    for cell in (name for name in distinct_cells() if find_cell(name).sigmoid_gates):
        spec = find_cell(cell)
        for initialiser, value in initialisers_for(cell):
            if initialiser == "orthogonal":
                continue
            for seed in range(truth.seeds):
                case = Case(
                    "gates", cell, "cpu", "profile", "none", 50, 32, 1, 4, "float64", initialiser, value, seed=seed
                )
                for gate in spec.gates:
                    is_candidate = gate == spec.candidate
                    level, spread = gate_level(cell, gate, initialiser), 0.05 if is_candidate else 0.01
                    for t in range(1, 51):
                        drawn = level + spread * rng.normal()
                        yield Measurement(case, f"gate_mean_{gate}", min(max(drawn, -1), 1), "1", step=t)
                        if not is_candidate:
                            saturated = float(level == 0.95)
                            yield Measurement(case, f"gate_saturated_{gate}", saturated, "1", step=t)
                        if spec.keeps is not None and gate == spec.keeps.gate:
                            steps = 1 / (1 - spec.keeps.share(level))
                            yield Measurement(case, f"time_constant_{gate}", steps, "steps", step=t)
                    low, high = (-0.9, 0.9) if is_candidate else (0.02, 0.98)
                    yield Measurement(case, f"gate_min_{gate}", low, "1")
                    yield Measurement(case, f"gate_max_{gate}", high, "1")


def gate_level(cell: str, gate: str, initialiser: str) -> float:
    """Mean of a gate: of a candidate 0, of a gate that nothing is done to a half."""
    spec = find_cell(cell)
    if gate == spec.candidate:
        return 0.0
    if initialiser == "chrono" and gate == spec.writes:
        return 0.05
    if spec.keeps is None or gate != spec.keeps.gate:
        return 0.5
    if initialiser == "chrono":
        return float(spec.keeps.share(0.95))
    return 0.72 if spec.forget_gate is not None and initialiser in ("torch-fb1", "keras") else 0.5


def activations(truth: Truth, rng: np.random.Generator) -> Iterator[Measurement]:
    grid = sorted({*np.round(np.linspace(-20, 20, 401), 6), 5.0, 0.1, -0.5, *np.round(np.linspace(16, 17.5, 151), 6)})
    for dtype in ("float32", "float64"):
        case = make_case("activations", "activation", direction="count", dtype=dtype, inputs="-")
        kind = np.dtype(dtype).type
        for x in grid:
            sigmoid = float(kind(1) / (kind(1) + np.exp(kind(-x))))
            yield Measurement(case, "sigmoid", sigmoid, "1", step=float(x))
            yield Measurement(case, "tanh", float(np.tanh(kind(x))), "1", step=float(x))


def parameters(truth: Truth, rng: np.random.Generator) -> Iterator[Measurement]:
    for cell in cell_names():
        for i, h in ((1, 32), (10, 100), (28, 128), (256, 256)):
            for merge in ("none", "concat"):
                case = make_case(
                    "parameters", cell, "cpu", "count", merge=merge, hidden_size=h, input_size=i, inputs="-"
                )
                d = 2 if merge == "concat" else 1
                for biases, name in ((0, "none"), (1, "single"), (2, "double")):
                    count = theory.parameters(cell, i, h, biases, d)
                    yield Measurement(case, f"parameters_{name}", count, "count")
                k = len(find_cell(cell).gates)
                yield Measurement(case, "flops_inference", d * 2 * k * h * (h + i), "FLOP")
                yield Measurement(case, "flops_training", d * 6 * k * h * (h + i), "FLOP")
                yield Measurement(case, "bytes_parameters", 4 * theory.parameters(cell, i, h, 2, d), "B")
                yield Measurement(case, "gates", len(find_cell(cell).sigmoid_gates), "count")
                yield Measurement(case, "affine_maps", k, "count")
                yield Measurement(case, "states", 2 if cell == "lstm" else 1, "count")


def with_truth(**changes: Any) -> Truth:
    """The default truth with some of it changed."""
    return replace(Truth(), **changes)
