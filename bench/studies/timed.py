"""Cases of the timed studies: sweeps over one size, the grid where all implementations meet, the same work longer."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from bench.case import Case, make_case
from bench.contenders.convolution import CONVOLUTION
from bench.contenders.registry import PEERS, able
from bench.study import Preset
from cells import cell_names, get_threads
from cells.registry import main_cells


def _backends(cell: str, direction: str, merge: str) -> list[str]:
    return able(Case("runtime", cell, direction=direction, merge=merge), ("cpu", "cpu-again", *PEERS))


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
GRID_CELLS = main_cells()
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
        make_case(study="peak", cell="multiply-add", inputs="-", initialiser="-", dtype=dtype, threads=count)
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
        for cell in preset.compile_cells()
    ]
