"""The catalogue of studies: which cases each preset measures."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from bench.case import Case, make_case
from bench.measures import activations, gates, jacobians, machine_code, probes, runtime, spectra
from bench.measures import counts as parameters
from bench.measures import first_call as compiling
from bench.measures import gradient_flow as gradients
from bench.measures import step_parts as step
from bench.studies import flow_cases, gpu_cases
from bench.studies.timed import (
    GRID_ROUNDS,
    compile_cases,
    grid_cases,
    parallel_cases,
    peak_cases,
    runtime_cases,
    step_cases,
)
from bench.study import Preset, Study
from cells import cell_names

TABLE_SIZES = ((1, 32), (10, 100), (28, 128), (256, 256))  # (I, H) of SCIENCE's table of counts


def activation_cases(preset: Preset) -> list[Case]:
    """Both activations in both dtypes."""
    return [
        make_case(study="activations", cell="activation", inputs="-", initialiser="-", dtype=dtype)
        for dtype in ("float32", "float64")
    ]


def parameter_cases(preset: Preset) -> list[Case]:
    """Every cell, one and two directions, at the sizes of the table and along the sweep over H."""
    inputs = preset.base[3]
    sizes = list(dict.fromkeys((*TABLE_SIZES, *((inputs, hidden) for hidden in preset.hidden_sizes))))
    return [
        make_case(
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
    Study("gates", "How open are the gates along a sequence?", flow_cases.gate_cases, gates.measure_gates),
    Study("gradients", "How fast does the gradient vanish?", flow_cases.gradient_cases, gradients.measure_flow),
    Study(
        "forget-bias",
        "How far does the cell state reach at each forget bias?",
        flow_cases.forget_bias_cases,
        gradients.measure_flow,
    ),
    Study("gain", "At which gain do gradients stop to vanish?", flow_cases.gain_cases, gradients.measure_flow),
    Study("mean-field", "Does the rate agree with theory?", flow_cases.mean_field_cases, gradients.measure_flow),
    Study("linear", "Are known rates measured exactly?", flow_cases.linear_cases, gradients.measure_flow),
    Study("chrono", "How long is a chrono memory?", flow_cases.chrono_cases, gradients.measure_flow),
    Study("underflow", "When does float32 lose the gradient?", flow_cases.underflow_cases, gradients.measure_underflow),
    Study("clamped", "Do gates that move help?", flow_cases.clamped_cases, probes.measure_clamped),
    Study("ends", "What does a gate do at its ends?", flow_cases.end_cases, probes.measure_ends),
    Study(
        "sequences", "Lengths, chunks, directions: what changes?", flow_cases.sequence_cases, probes.measure_sequences
    ),
    Study("reach", "Which inputs does an output depend on?", flow_cases.reach_cases, probes.measure_reach),
    Study("jacobians", "How do directions of the state fade?", flow_cases.jacobian_cases, jacobians.measure),
    Study("spectrum", "At which rates does the whole state fade?", flow_cases.spectrum_cases, spectra.measure_spectrum),
    Study("matrices", "Products of random matrices, the baseline", flow_cases.matrix_cases, spectra.measure_products),
    Study("radius", "How large is the radius of W at the default?", flow_cases.radius_cases, spectra.measure_radius),
    Study(
        "critical-gain",
        "At which gain does a cell without input become unstable?",
        flow_cases.critical_gain_cases,
        spectra.measure_critical_gain,
    ),
    Study("kernels", "What does a CUDA kernel take of a multiprocessor?", gpu_cases.kernel_cases, machine_code.measure),
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
        functools.partial(runtime.measure, rounds=5),
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
    Study(
        "gpu",
        "How fast is the GPU, and against cuDNN?",
        gpu_cases.gpu_cases,
        functools.partial(runtime.measure, rounds=gpu_cases.GPU_ROUNDS),
        timed=True,
        blocks=gpu_cases.gpu_blocks,
    ),
    Study(
        "sharings",
        "Who should share a batch row on the GPU?",
        gpu_cases.sharing_cases,
        functools.partial(runtime.measure, rounds=gpu_cases.GPU_ROUNDS),
        timed=True,
        blocks=gpu_cases.gpu_blocks,
    ),
)


def find_studies(names: Sequence[str] | None) -> tuple[Study, ...]:
    """The studies of those names, in the catalogue's order; all of them for None."""
    known = {study.name: study for study in STUDIES}
    for name in names or ():
        if name not in known:
            raise ValueError(f"unknown study {name!r}; known: {', '.join(known)}")
    return tuple(study for study in STUDIES if not names or study.name in names)
