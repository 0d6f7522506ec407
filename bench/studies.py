"""The catalogue of studies: which cases each preset measures."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import Any

from bench import activations, compiling, gradients, parameters, runtime
from bench import steps as step
from bench.case import Case
from bench.study import Preset, Study
from bench.timed import (
    GRID_ROUNDS,
    compile_cases,
    grid_cases,
    parallel_cases,
    peak_cases,
    runtime_cases,
    step_cases,
)
from cells import cell_names
from cells.registry import find_cell

PLAIN = ("torch", "keras", "orthogonal")
FORGET_BIASES = (-2.0, 0.0, 1.0, 2.0, 5.0, 10.0)
TABLE_SIZES = ((1, 32), (10, 100), (28, 128), (256, 256))  # (I, H) of SCIENCE's table of counts
CHRONO_T_MAX = 100.0


def initialisers_for(cell: str) -> tuple[tuple[str, float], ...]:
    """(name, value) of the initialisers that differ for this cell."""
    gates = find_cell(cell).gates
    chosen = [(name, 0.0) for name in PLAIN]
    if "f" in gates:
        chosen.append(("torch-fb1", 0.0))
    if "f" in gates or "z" in gates:
        chosen.append(("chrono", CHRONO_T_MAX))
    return tuple(chosen)


def _flow(
    preset: Preset, cell: str, initialiser: tuple[str, float], steps: int, hidden: int, **rest: object
) -> Iterator[Case]:
    settings: dict[str, Any] = {"study": "gradients", "input_size": 1, "inputs": "normal"} | rest
    for seed in range(preset.seeds):
        yield Case(
            cell=cell,
            direction="profile",
            seq_len=steps,
            hidden_size=hidden,
            dtype="float64",
            initialiser=initialiser[0],
            initialiser_value=initialiser[1],
            seed=seed,
            **settings,
        )


def gradient_cases(preset: Preset) -> list[Case]:
    """Cells x initialisers over H, then over T, over I, and with no input at all."""
    cases: list[Case] = []
    middle = preset.gradient_hidden_sizes[len(preset.gradient_hidden_sizes) // 2]
    for cell in cell_names():
        for initialiser in initialisers_for(cell):
            for hidden in preset.gradient_hidden_sizes:
                cases += _flow(preset, cell, initialiser, preset.gradient_steps, hidden)
        for initialiser in dict.fromkeys((("torch", 0.0), initialisers_for(cell)[-1])):
            for steps in preset.gradient_lengths:
                cases += _flow(preset, cell, initialiser, steps, middle)
        for inputs in preset.input_sizes:
            cases += _flow(preset, cell, ("torch", 0.0), preset.gradient_steps, middle, input_size=inputs)
        cases += _flow(preset, cell, ("torch", 0.0), preset.gradient_steps, middle, inputs="zero")
    return list(dict.fromkeys(cases))


def forget_bias_cases(preset: Preset) -> list[Case]:
    """The LSTM at forget biases from -2 to 10."""
    middle = preset.gradient_hidden_sizes[len(preset.gradient_hidden_sizes) // 2]
    return [
        case
        for bias in FORGET_BIASES
        for case in _flow(preset, "lstm", ("forget-bias", bias), preset.gradient_steps, middle, study="forget-bias")
    ]


def gate_cases(preset: Preset) -> list[Case]:
    """Gates of every gated cell along a sequence."""
    middle = preset.gradient_hidden_sizes[len(preset.gradient_hidden_sizes) // 2]
    return [
        case
        for cell in cell_names()
        if find_cell(cell).sigmoid_gates
        for initialiser in initialisers_for(cell)
        for case in _flow(preset, cell, initialiser, 50, middle, study="gates")
    ]


def activation_cases(preset: Preset) -> list[Case]:
    """Both activations in both dtypes."""
    return [
        Case(study="activations", cell="activation", inputs="-", initialiser="-", dtype=dtype)
        for dtype in ("float32", "float64")
    ]


def parameter_cases(preset: Preset) -> list[Case]:
    """Every cell, one and two directions, at the sizes of the table and along the sweep over H."""
    inputs = preset.base[3]
    sizes = list(dict.fromkeys((*TABLE_SIZES, *((inputs, hidden) for hidden in preset.hidden_sizes))))
    return [
        Case(
            study="parameters",
            cell=cell,
            direction="count",
            merge=merge,
            input_size=i,
            hidden_size=h,
            inputs="-",
            initialiser="-",
        )
        for cell in cell_names()
        for merge in ("none", "concat")
        for i, h in sizes
    ]


def _five_blocks(preset: Preset) -> int:
    return 5


def _runtime_blocks(preset: Preset) -> int:
    return preset.blocks


def _parallel_blocks(preset: Preset) -> int:
    return min(preset.blocks, 7)


def _grid_blocks(preset: Preset) -> int:
    return preset.grid_blocks


STUDIES: tuple[Study, ...] = (
    Study("parameters", "How many parameters and operations does each cell have?", parameter_cases, parameters.measure),
    Study(
        "activations", "What do sigma and tanh give, and where do they saturate?", activation_cases, activations.measure
    ),
    Study("gates", "How open are the gates along a sequence?", gate_cases, gradients.measure_gates),
    Study("gradients", "How fast does the gradient vanish?", gradient_cases, gradients.measure_flow),
    Study(
        "forget-bias",
        "How far does the cell state reach at each forget bias?",
        forget_bias_cases,
        gradients.measure_flow,
    ),
    Study("compile", "How long until the first result?", compile_cases, compiling.measure, timed=True),
    Study(
        "peak",
        "How many multiply-adds can this CPU do?",
        peak_cases,
        step.measure_peak,
        timed=True,
        blocks=_five_blocks,
    ),
    Study("steps", "Where does a step spend its time?", step_cases, step.measure, timed=True, blocks=_five_blocks),
    Study(
        "runtime",
        "How long does a call take?",
        runtime_cases,
        runtime.measure,
        timed=True,
        blocks=_runtime_blocks,
    ),
    Study(
        "parallel",
        "What does it cost that a step waits for the one before?",
        parallel_cases,
        functools.partial(runtime.measure, rounds=GRID_ROUNDS),
        timed=True,
        blocks=_parallel_blocks,
        rounds=GRID_ROUNDS,
    ),
    Study(
        "grid",
        "Who is fastest, from small layers to large?",
        grid_cases,
        functools.partial(runtime.measure, rounds=GRID_ROUNDS),
        timed=True,
        blocks=_grid_blocks,
        rounds=GRID_ROUNDS,
    ),
)


def find_studies(names: Sequence[str] | None) -> tuple[Study, ...]:
    """The studies of those names, in the catalogue's order; all of them for None."""
    known = {study.name: study for study in STUDIES}
    for name in names or ():
        if name not in known:
            raise ValueError(f"unknown study {name!r}; known: {', '.join(known)}")
    return tuple(study for study in STUDIES if not names or study.name in names)
