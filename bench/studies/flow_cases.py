"""The grids of the studies whose result does not depend on the clock: gradients, gates, Jacobians, spectra, probes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

from bench.case import Case, make_case
from bench.study import Preset
from cells import cell_names
from cells.registry import find_cell, main_cells

PLAIN = ("torch", "keras", "orthogonal")
FORGET_BIASES = (-2.0, 0.0, 1.0, 2.0, 5.0, 10.0)
CHRONO_T_MAX = 100.0
SIMPLE = "rnn"
"""The cell that the theory of the gain, of the mean field and of linear recursions is about."""
KEEP_BIASES = (-1.0, 0.0, 1.0, 2.0, 4.0)
"""Biases of the gate that keeps the state, in the phase diagram."""
INPUT_SCALES = (0.0, 0.25, 0.5, 1.0, 2.0)
"""Standard deviations of the input, in the phase diagram; 0 is no input at all, after a random start."""
MEAN_FIELD = ((1 / 3**0.5, 0.0), (0.8, 0.0), (1.5, 0.0), (2.0, 0.0), (5.0, 0.0), (0.8, 1.0), (1.0, 1.0), (2.0, 1.0))
"""(gain, input scale) at which the mean-field theory of the tanh RNN is compared (SCIENCE, section 3)."""
LARGE, LONG = 256, 1200
"""Hidden size and steps of that comparison."""
FINITE_SIZES = (16, 32, 64, 128)
FINITE_SIZE_POINTS = ((2.0, 0.0), (0.8, 1.0), (2.0, 1.0))
CHAOTIC_GAINS = (2.0, 3.0)
MATRICES = ((0.8, 16), (1.0, 24), (1.5, 32))
"""(gain, size) of the products of random matrices: at another size other numbers are drawn."""
LINEAR_FACTORS = {1 / 3**0.5: 300, 0.5 + 0.25 / 3**0.5: 400, 1 / (1 + math.exp(-1)): 500}
"""Factors per step whose loss in float32 is known, and steps that are enough for it."""
NEARLY_LOSSLESS = "chrono"
LENGTH_OF_LOSS, LENGTH_OF_LOSS_GATED = 300, 500
"""Steps within which float32 loses the gradient of a cell without and with a gate that keeps, at the default."""


def initialisers_for(cell: str) -> tuple[tuple[str, float], ...]:
    """(name, value) of the initialisers that differ for this cell."""
    spec = find_cell(cell)
    chosen = [(name, 0.0) for name in PLAIN]
    if spec.forget_gate is not None:
        chosen.append(("torch-fb1", 0.0))
    if spec.keeps is not None:
        chosen.append(("chrono", CHRONO_T_MAX))
    return tuple(chosen)


def gated_cells() -> tuple[str, ...]:
    """Return the names of the main cells with a gate that keeps the state."""
    return tuple(cell for cell in main_cells() if find_cell(cell).keeps is not None)


def has_gain(cell: str) -> bool:
    """Say whether the gain of the recurrent weights matters: the candidate sees the state."""
    spec = find_cell(cell)
    return spec.candidate in spec.hidden_gates


def middle(preset: Preset) -> int:
    """The hidden size that most studies of gradients share."""
    return preset.gradient_hidden_sizes[len(preset.gradient_hidden_sizes) // 2]


def flow(study: str, cell: str, initialiser: str, value: float, seeds: int, **rest: Any) -> Iterator[Case]:
    """One case per seed: float64, one input drawn from N(0, 1) unless told otherwise; without input its scale is 0."""
    if rest.get("inputs") in ("zero", "start"):
        rest["input_scale"] = 0.0
    for seed in range(seeds):
        settings: dict[str, Any] = {"direction": "profile", "dtype": "float64", "input_size": 1} | rest
        yield make_case(study, cell, initialiser=initialiser, initialiser_value=value, seed=seed, **settings)


def gradient_cases(preset: Preset) -> list[Case]:
    """Cells x initialisers over H, then over T, over I, and with no input at all."""
    cases: list[Case] = []
    size, steps, seeds = middle(preset), preset.gradient_steps, preset.seeds
    for cell in cell_names():
        for name, value in initialisers_for(cell):
            for hidden in preset.gradient_hidden_sizes:
                cases += flow("gradients", cell, name, value, seeds, seq_len=steps, hidden_size=hidden)
        for name, value in dict.fromkeys((("torch", 0.0), initialisers_for(cell)[-1])):
            for length in preset.gradient_lengths:
                cases += flow("gradients", cell, name, value, seeds, seq_len=length, hidden_size=size)
        for inputs in preset.input_sizes:
            cases += flow("gradients", cell, "torch", 0.0, seeds, seq_len=steps, hidden_size=size, input_size=inputs)
        cases += flow("gradients", cell, "torch", 0.0, seeds, seq_len=steps, hidden_size=size, inputs="zero")
    return list(dict.fromkeys(cases))


def forget_bias_cases(preset: Preset) -> list[Case]:
    """The LSTM at forget biases from -2 to 10."""
    sizes: dict[str, Any] = {"seq_len": preset.gradient_steps, "hidden_size": middle(preset)}
    return [
        case
        for bias in FORGET_BIASES
        for case in flow("forget-bias", "lstm", "forget-bias", bias, preset.seeds, **sizes)
    ]


def gate_cases(preset: Preset) -> list[Case]:
    """Gates of every gated cell along a sequence."""
    return [
        case
        for cell in cell_names()
        if find_cell(cell).sigmoid_gates
        for name, value in initialisers_for(cell)
        for case in flow("gates", cell, name, value, preset.seeds, seq_len=50, hidden_size=middle(preset))
    ]


def gain_cases(preset: Preset) -> list[Case]:
    """The phase diagram: gain against input strength (RNN) or against the bias of the gate that keeps (LSTM, GRU).

    Beside it the linear controls, a simple cell without input: its tanh stays at 0, where its slope is 1.
    """
    cases: list[Case] = []
    sizes: dict[str, Any] = {"seq_len": preset.gradient_steps, "hidden_size": middle(preset)}
    for gain in preset.gains:
        for scale in INPUT_SCALES:
            driven = {"inputs": "normal", "input_scale": scale} if scale else {"inputs": "start"}
            cases += flow("gain", SIMPLE, "gaussian", gain, preset.seeds, **sizes, **driven)
        for name in ("gaussian", "scaled-orthogonal"):
            cases += flow("gain", SIMPLE, name, gain, preset.seeds, **sizes, inputs="zero")
        gated = filter(has_gain, gated_cells())
        for cell, bias, inputs in itertools.product(gated, KEEP_BIASES, ("normal", "zero")):
            cases += flow("gain", cell, "gaussian", gain, preset.seeds, **sizes, gate_bias=bias, inputs=inputs)
    return cases


def mean_field_cases(preset: Preset) -> list[Case]:
    """The tanh RNN with Gaussian weights beside its mean-field theory, at one large size and at smaller ones."""
    points = [(gain, scale, LARGE, preset.few_seeds) for gain, scale in MEAN_FIELD]
    points += [(gain, scale, size, preset.seeds) for gain, scale in FINITE_SIZE_POINTS for size in FINITE_SIZES]
    return [
        case
        for gain, scale, size, seeds in points
        for case in flow(
            "mean-field", SIMPLE, "gaussian", gain, seeds, seq_len=LONG, hidden_size=size, input_size=size,
            **({"inputs": "normal", "input_scale": scale} if scale else {"inputs": "start"}),
        )
    ]  # fmt: skip


def linear_cases(preset: Preset) -> list[Case]:
    """Cases with an exact answer: linear recursions, forget gates without weights."""
    exact: dict[str, Any] = {"inputs": "zero", "hidden_size": 64}
    cases = [*flow("linear", SIMPLE, "scaled-orthogonal", 1.0, 1, seq_len=2000, **exact)]
    for dtype in ("float32", "float64"):
        cases += flow("linear", SIMPLE, "scaled-orthogonal", 0.5, 1, seq_len=2000, dtype=dtype, **exact)
    cases += flow("linear", SIMPLE, "gaussian", 0.9, preset.few_seeds, seq_len=60_000, **exact)
    for bias in (0.0, 1.0, 2.0):
        cases += flow("linear", "lstm", "gaussian", 0.0, 1, seq_len=100, gate_bias=bias, **exact)
    return cases


def chrono_cases(preset: Preset) -> list[Case]:
    """The LSTM under chrono without input, where f is sigma(b_f) and little else: enough units for a mean."""
    return list(
        flow("chrono", "lstm", "chrono", CHRONO_T_MAX, preset.seeds, seq_len=100, hidden_size=LARGE, inputs="zero")
    )


def matrix_cases(preset: Preset) -> list[Case]:
    """Products of fresh Gaussian matrices."""
    return [
        case
        for gain, size in MATRICES
        for case in flow(
            "matrices", "matrix", "gaussian", gain, preset.seeds, seq_len=2000, hidden_size=size, inputs="-"
        )
    ]


def radius_cases(preset: Preset) -> list[Case]:
    """Spectral radii of PyTorch's default recurrent matrix."""
    return [
        case
        for size in (32, 64, 128)
        for case in flow("radius", SIMPLE, "torch", 0.0, preset.few_seeds, hidden_size=size, inputs="-")
    ]


def critical_gain_cases(preset: Preset) -> list[Case]:
    """Where gated cells without input become unstable."""
    exact: dict[str, Any] = {"seq_len": 200, "hidden_size": 16, "inputs": "zero"}
    return [
        case
        for cell, bias in (*itertools.product(filter(has_gain, gated_cells()), (0.0, 1.0)), (SIMPLE, 0.0))
        for case in flow("critical-gain", cell, "gaussian", 1.0, 1, gate_bias=bias, **exact)
    ]


def spectrum_cases(preset: Preset) -> list[Case]:
    """Full Lyapunov spectra: every cell at its usual initialisation, and chaotic networks without input."""
    cases: list[Case] = []
    for cell in cell_names():
        for name, value in dict.fromkeys((("torch", 0.0), initialisers_for(cell)[-1])):
            size = preset.spectrum_hidden_sizes[0]
            steps = 2500 if name == NEARLY_LOSSLESS else 600  # what hardly fades takes long to settle
            cases += flow("spectrum", cell, name, value, preset.few_seeds, seq_len=steps, hidden_size=size)
    for size in preset.spectrum_hidden_sizes:
        seeds = 3 if size >= LARGE else preset.few_seeds
        for gain in CHAOTIC_GAINS:
            cases += flow("spectrum", SIMPLE, "gaussian", gain, seeds, seq_len=1500, hidden_size=size, inputs="start")
    return cases


def jacobian_cases(preset: Preset) -> list[Case]:
    """Return Jacobians of every main cell and its initialisers."""
    sizes: dict[str, Any] = {"seq_len": preset.gradient_steps, "hidden_size": min(64, middle(preset))}
    return [
        case
        for cell in main_cells()
        for name, value in initialisers_for(cell)
        for case in flow("jacobians", cell, name, value, preset.seeds, **sizes)
    ]


def clamped_cases(preset: Preset) -> list[Case]:
    """Gates that move against gates that are held, under inputs that barely drive them and under stronger ones."""
    sizes: dict[str, Any] = {"seq_len": preset.gradient_steps, "hidden_size": middle(preset)}
    return [
        case
        for cell in gated_cells()
        for name, value in initialisers_for(cell)
        for inputs in (1, 32)
        for case in flow("clamped", cell, name, value, preset.seeds, **sizes, input_size=inputs)
    ]


def end_cases(preset: Preset) -> list[Case]:
    """Gates at both ends."""
    return [case for cell in gated_cells() for case in flow("ends", cell, "torch", 0.0, preset.seeds, hidden_size=32)]


def sequence_cases(preset: Preset) -> list[Case]:
    """Lengths, chunks, directions."""
    sizes: dict[str, Any] = {"seq_len": 1000, "hidden_size": 32, "batch_size": 4}
    return [
        case
        for cell in cell_names()
        for merge in ("none", "concat")
        for case in flow("sequences", cell, "torch", 0.0, preset.few_seeds, **sizes, merge=merge)
    ]


def reach_cases(preset: Preset) -> list[Case]:
    """One output in the middle of a sequence, in one direction and in two."""
    sizes: dict[str, Any] = {"seq_len": 101, "hidden_size": 32, "input_size": 8}
    return [
        case
        for merge in ("none", "concat")
        for case in flow("reach", "lstm", "torch", 0.0, preset.seeds, **sizes, merge=merge)
    ]


def underflow_cases(preset: Preset) -> list[Case]:
    """Plain float32 passes that are long enough to lose the gradient, and linear ones whose factor is given."""
    linear = [
        case
        for factor, steps in LINEAR_FACTORS.items()
        for case in flow(
            "underflow", SIMPLE, "scaled-orthogonal", factor, preset.few_seeds, seq_len=steps, hidden_size=128,
            dtype="float32", inputs="zero",
        )
    ]  # fmt: skip
    return linear + [
        case
        for cell in main_cells()
        for steps in (LENGTH_OF_LOSS if find_cell(cell).keeps is None else LENGTH_OF_LOSS_GATED,)
        for name in ("torch", "torch-fb1")
        if name == "torch" or find_cell(cell).forget_gate is not None
        for case in flow(
            "underflow", cell, name, 0.0, preset.seeds, seq_len=2 * steps if name == "torch-fb1" else steps,
            hidden_size=128, dtype="float32",
        )
    ]  # fmt: skip
