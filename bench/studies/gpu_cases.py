"""Cases of the GPU studies: the grid beside cuDNN, the shapes that others published, forced sharings, kernels."""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bench.case import Case, make_case
from bench.contenders.torch_gpu import MODULES as CUDNN_CELLS
from bench.measures import machine_code
from bench.run import gpu_facts as gpu
from bench.study import Preset
from cells.registry import main_cells

if TYPE_CHECKING:
    from cells.cuda.device.target import Facts

CELLS = main_cells()
DIRECTIONS = ("inference", "training")
LENGTHS, BATCHES, SIZES = (64, 256, 1024), (1, 16, 64, 128), (32, 64, 128, 256, 512, 768, 1024)
FEW_LENGTHS, FEW_BATCHES, FEW_SIZES = (64, 256), (1, 64), (64, 256, 1024)
HALF_FROM = 256  # units: below, a step waits and does not multiply, and half the bits win nothing
# (cells, T, B, H): DeepBench's rows, and FlashRNN's and Haste's shape, which is a point of the grid.
PUBLISHED = (
    (("rnn", "lstm", "gru"), 1024, 16, 768),
    (("rnn", "lstm", "gru"), 100, 64, 512),
    (("rnn",), 50, 16, 1760),
    (("lstm",), 25, 16, 512),
    (("lstm",), 150, 16, 256),
    (("gru",), 1500, 32, 1024),
)
SHARING_LENGTH, SHARING_BATCH = 256, 16
SHARING_INPUTS = 16  # few: what a step costs is asked, not what the product of the input costs
KERNEL_BATCH = 16
GPU_ROUNDS = 15  # samples of an item at most: a series of calls lasts 20 ms


def _points(preset: Preset) -> list[tuple[str, int, int, int]]:
    """(cell, T, B, H), each once; few where the preset has no time for grids."""
    few = not preset.grid_blocks
    sizes = (FEW_LENGTHS, FEW_BATCHES, FEW_SIZES) if few else (LENGTHS, BATCHES, SIZES)
    points = [(cell, *shape) for shape in itertools.product(*sizes) for cell in CELLS]
    if not few:
        points += [(cell, t, b, h) for cells, t, b, h in PUBLISHED for cell in cells]
    return list(dict.fromkeys(points))


def _contenders(cell: str, hidden: int) -> Iterator[tuple[str, str]]:
    """Yield (backend, dtype); cuDNN for the cells that it has, where PyTorch is installed, which carries it."""
    cudnn = cell in CUDNN_CELLS and importlib.util.find_spec("torch") is not None
    yield "cuda", "float32"
    yield "cuda-again", "float32"
    if cudnn:
        yield "cudnn", "float32"
    if hidden >= HALF_FROM:
        yield "cuda", "bfloat16"
        if cudnn:
            yield "cudnn-fp16", "float16"


def gpu_cases(preset: Preset) -> list[Case]:
    """Every contender at every point; none where kernels cannot run on a GPU."""
    if not gpu.available():
        return []
    return [
        _case("gpu", cell, t, b, h, direction, backend, dtype)
        for (cell, t, b, h), direction in itertools.product(_points(preset), DIRECTIONS)
        for backend, dtype in _contenders(cell, h)
    ]


def fitting(cell: str, hidden: int, batch: int, dtype: str, facts: Facts, direction: str) -> tuple[str, ...]:
    """The sharings that have a kernel for every way that a call of this direction goes."""
    from cells.cuda.plan.rule import sharings

    ways = ("forward", "backward") if direction == "training" else ("forward",)
    found = [sharings(cell, hidden, batch, dtype, facts, way) for way in ways]
    return tuple(name for name in found[0] if all(name in each for each in found))


def sharing_cases(preset: Preset) -> list[Case]:
    """The rule's choice ("-") beside each sharing that fits, at one length and batch."""
    if not gpu.available():
        return []
    from cells.cuda.device.target import facts

    sizes = SIZES if preset.grid_blocks else FEW_SIZES
    return [
        sharing_case(cell, direction, h, variant)
        for h, cell, direction in itertools.product(sizes, CELLS, DIRECTIONS)
        for variant in ("-", *fitting(cell, h, SHARING_BATCH, "float32", facts(), direction))
    ]


def sharing_case(
    cell: str, direction: str, hidden: int, variant: str, steps: int = SHARING_LENGTH, batch: int = SHARING_BATCH
) -> Case:
    """One sharing, or the rule's choice."""
    sizes = {"seq_len": steps, "batch_size": batch, "hidden_size": hidden, "input_size": SHARING_INPUTS}
    return make_case("sharings", cell, "cuda", direction, variant=variant, **sizes)


def kernel_cases(preset: Preset) -> list[Case]:
    """Every sharing that fits, for two GPUs by their data sheets; none where kernels cannot be compiled."""
    if machine_code.why_not() is not None:
        return []
    from cells.cuda.plan.rule import sharings

    chips = ("sm_80", "sm_90a")
    grid = itertools.product(chips, preset.kernel_cells(), preset.kernel_sizes, ("forward", "backward"))
    return [
        _case("kernels", cell, 1, KERNEL_BATCH, h, way, chip, "float32", variant, initialiser="-", inputs="-")
        for chip, cell, h, way in grid
        for variant in sharings(cell, h, KERNEL_BATCH, "float32", machine_code.chip(chip), way)
    ]


def _case(
    study: str,
    cell: str,
    steps: int,
    batch: int,
    hidden: int,
    direction: str,
    backend: str,
    dtype: str,
    variant: str = "-",
    **more: str,
) -> Case:
    sizes = {"seq_len": steps, "batch_size": batch, "hidden_size": hidden, "input_size": hidden}
    return make_case(study, cell, backend, direction, dtype=dtype, variant=variant, **sizes, **more)


def gpu_blocks(preset: Preset) -> int:
    """Blocks of the studies on the GPU."""
    return preset.gpu_blocks
