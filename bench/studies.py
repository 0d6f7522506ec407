"""The catalogue of studies: which cases each preset measures."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from bench import activations, compiling, gradients, parameters, runtime
from bench import steps as step
from bench.case import Case
from bench.convolution import CONVOLUTION
from bench.peers.process import installed_peers, supports
from bench.study import Preset, Study
from cells import cell_names, get_threads
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


def _backends(cell: str, direction: str, merge: str) -> list[str]:
    peers = [peer for peer in installed_peers() if supports(peer, cell, direction, merge)]
    return ["cpu", "cpu-again", *peers]


def shapes(preset: Preset) -> list[tuple[int, int, int]]:
    """(T, H, B) of the three sweeps through the base point, each once."""
    steps, hidden, batch, _ = preset.base
    points = [(t, hidden, batch) for t in preset.sequence_lengths]
    points += [(steps, h, batch) for h in preset.hidden_sizes]
    points += [(steps, hidden, b) for b in preset.batch_sizes]
    return list(dict.fromkeys(points))


def runtime_cases(preset: Preset) -> list[Case]:
    """Every cell at every shape; the lecture's BiLSTM at the base point; contenders of a shape side by side."""
    steps, hidden, batch, inputs = preset.base
    grid = [(cell, "none", *shape) for shape in shapes(preset) for cell in cell_names()]
    grid.append(("lstm", "mean", steps, hidden, batch))
    return [
        Case(
            study="runtime",
            cell=cell,
            backend=backend,
            direction=direction,
            merge=merge,
            seq_len=t,
            hidden_size=h,
            input_size=inputs,
            batch_size=b,
            threads=get_threads(),
        )
        for (cell, merge, t, h, b), direction in itertools.product(grid, ("inference", "training"))
        for backend in _backends(cell, direction, merge)
    ]


# (T, B, I, H): from a sequence that fits in the first-level cache to weights that do not fit in the third.
GRID = (
    (64, 1, 32, 32),
    (256, 1, 64, 64),
    (1024, 1, 128, 128),
    (64, 16, 64, 64),
    (256, 16, 64, 64),
    (100, 32, 128, 128),
    (64, 64, 256, 256),
    (64, 64, 512, 512),
    (25, 16, 512, 512),
    (50, 16, 1024, 1024),
    (150, 1, 64, 256),
    (100, 32, 28, 128),
)
GRID_CELLS = ("rnn", "lstm", "gru")
GRID_ROUNDS = 2  # samples of an item: the grid's ratios are medians over many blocks


def grid_of(threads: Sequence[int], cells: Sequence[str] = GRID_CELLS) -> list[Case]:
    """Every implementation at every point of the grid, with each number of threads."""
    return [
        Case(
            study="grid",
            cell=cell,
            backend=backend,
            direction=direction,
            seq_len=t,
            batch_size=b,
            input_size=i,
            hidden_size=h,
            threads=count,
        )
        for count, (t, b, i, h), cell, direction in itertools.product(threads, GRID, cells, ("inference", "training"))
        for backend in _backends(cell, direction, "none")
    ]


PARALLEL_LENGTHS = (64, 256, 1024, 4096)
PARALLEL_SAMPLES = 4096  # steps times batch rows, the same at every length


def parallel_cases(preset: Preset) -> list[Case]:
    """Every implementation's cells and convolution, at sequences ever longer in batches ever smaller."""
    return [
        Case(
            study="parallel",
            cell=cell,
            backend=backend,
            seq_len=steps,
            batch_size=PARALLEL_SAMPLES // steps,
            input_size=64,
            hidden_size=64,
            threads=get_threads(),
        )
        for steps in PARALLEL_LENGTHS
        for cell in (*GRID_CELLS, CONVOLUTION)
        for backend in _backends(cell, "inference", "none")
        if backend != "cpu-again"
    ]


def peak_of(threads: Sequence[int]) -> list[Case]:
    """The peak in both dtypes."""
    return [
        Case(study="peak", cell="multiply-add", inputs="-", initialiser="-", dtype=dtype, threads=count)
        for count in threads
        for dtype in ("float32", "float64")
    ]


def thread_counts() -> tuple[int, ...]:
    """One thread, and all of them."""
    return tuple(dict.fromkeys((get_threads(), 1)))


def grid_cases(preset: Preset) -> list[Case]:
    """The grid with all threads; with one as well where the preset takes its time."""
    return grid_of(thread_counts() if preset.grid_blocks > 5 else thread_counts()[:1]) if preset.grid_blocks else []


def peak_cases(preset: Preset) -> list[Case]:
    """The peak with one thread and with all."""
    return peak_of(thread_counts())


def step_cases(preset: Preset) -> list[Case]:
    """One middle-sized layer of each cell."""
    return [
        Case(
            study="steps",
            cell=cell,
            direction="training",
            seq_len=64,
            batch_size=32,
            input_size=256,
            hidden_size=256,
        )
        for cell in GRID_CELLS
    ]


def compile_cases(preset: Preset) -> list[Case]:
    """Training of each cell: both drivers and every product."""
    return [
        Case(study="compile", cell=cell, direction="training", hidden_size=16, input_size=8)
        for cell in preset.compile_cells
    ]


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
