"""Studies: a question, the cases that answer it, and the measure that turns a case into rows."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.case import Case
from bench.rows import Measurement
from bench.run.code import code_version

PRESETS = ("quick", "course", "full")


@dataclass(frozen=True)
class Preset:
    """Sizes of every study's grid, and how often a runtime is sampled."""

    name: str
    sequence_lengths: tuple[int, ...]
    hidden_sizes: tuple[int, ...]
    batch_sizes: tuple[int, ...]
    base: tuple[int, int, int, int]
    """(T, H, B, I): the point that the three sweeps share."""
    blocks: int
    rounds: int
    gradient_steps: int
    gradient_hidden_sizes: tuple[int, ...]
    gradient_lengths: tuple[int, ...]
    input_sizes: tuple[int, ...]
    seeds: int
    gains: tuple[float, ...]
    """Recurrent gains of the phase diagram."""
    few_seeds: int
    """Seeds of the studies that cost a second a case."""
    spectrum_hidden_sizes: tuple[int, ...]
    compile_cells: Callable[[], tuple[str, ...]]
    grid_blocks: int
    """Blocks of the grid of shapes at which all implementations meet; 0 leaves it out."""
    gpu_blocks: int
    """Blocks of the GPU's grid, where there is a GPU."""
    kernel_cells: Callable[[], tuple[str, ...]]
    kernel_sizes: tuple[int, ...]
    """Cells and hidden sizes whose CUDA kernels are compiled, where there is a compiler: 2 s a kernel."""


def _once(preset: Preset) -> int:
    return 1


@dataclass(frozen=True)
class Study:
    """`measure(case, block)` gives all rows of one item.

    `timed` studies run alone, in shuffled blocks, in this process; the others may run anywhere, in any order.
    `cases(preset)` lists the grid, which is repeated `blocks(preset)` times.
    """

    name: str
    question: str
    cases: Callable[[Preset], Sequence[Case]]
    measure: Callable[[Case, int], list[Measurement]]
    timed: bool = False
    blocks: Callable[[Preset], int] = _once
    rounds: int | None = None
    """Samples of an item, where the preset does not say."""


@dataclass(frozen=True)
class Item:
    """One case in one block: what is measured at once and stored at once."""

    study: Study
    case: Case
    block: int

    @functools.cached_property
    def version(self) -> str:
        """The version of the code that measures it."""
        return code_version(self.study.measure, self.case)

    @property
    def key(self) -> tuple[str, int, str]:
        """What the store knows it by, on one machine: case key, block, code version."""
        return self.case.key, self.block, self.version
