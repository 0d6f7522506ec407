"""Time the GPU at a grid of shapes and at those that others published, beside cuDNN."""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from bench.case import Case
from bench.contenders.torch_gpu import MODULES as CUDNN_CELLS
from bench.measures import runtime
from bench.run import gpu_facts
from bench.studies.gpu_axes import BATCHES, CELLS, DIRECTIONS, FEW_SIZES, HALF_FROM, LENGTHS, PUBLISHED, ROUNDS, SIZES
from bench.study import PerPreset, Study, always

Published = tuple[tuple[str, ...], int, int, int]
"""(cells, T, B, H)."""


@dataclass(frozen=True)
class Sizes:
    """The grid of shapes, and the shapes that others published."""

    lengths: tuple[int, ...]
    batch_sizes: tuple[int, ...]
    hidden_sizes: tuple[int, ...]
    published: tuple[Published, ...]

    @property
    def layers(self) -> list[tuple[str, int, int, int]]:
        """List (cell, T, B, H), each once."""
        shapes = itertools.product(self.lengths, self.batch_sizes, self.hidden_sizes)
        layers = [(cell, *shape) for shape in shapes for cell in CELLS]
        layers += [(cell, steps, batch, hidden) for cells, steps, batch, hidden in self.published for cell in cells]
        return list(dict.fromkeys(layers))


def contenders(cell: str, hidden: int) -> Iterator[tuple[str, str]]:
    """List (backend, dtype) of a layer's contenders; cuDNN for its cells, where PyTorch, which carries it, is."""
    cudnn = cell in CUDNN_CELLS and importlib.util.find_spec("torch") is not None
    yield "cuda", "float32"
    yield "cuda-again", "float32"
    if cudnn:
        yield "cudnn", "float32"
    if hidden >= HALF_FROM:
        yield "cuda", "bfloat16"
        if cudnn:
            yield "cudnn-fp16", "float16"


def cases(sizes: Sizes) -> list[Case]:
    """List every contender at every shape; none where kernels cannot run on a GPU."""
    if not gpu_facts.available():
        return []
    return [
        Case(
            study="gpu",
            cell=cell,
            backend=backend,
            direction=direction,
            seq_len=steps,
            batch_size=batch,
            hidden_size=hidden,
            input_size=hidden,
            dtype=dtype,
        )
        for (cell, steps, batch, hidden), direction in itertools.product(sizes.layers, DIRECTIONS)
        for backend, dtype in contenders(cell, hidden)
    ]


WHOLE = Sizes(LENGTHS, BATCHES, SIZES, PUBLISHED)

STUDY = Study(
    name="gpu",
    question="How fast is the GPU, and against cuDNN?",
    sizes=PerPreset(quick=Sizes((64, 256), (1, 64), FEW_SIZES, published=()), course=WHOLE, full=WHOLE),
    cases=cases,
    measure=runtime.measure,
    timed=True,
    blocks=PerPreset(quick=3, course=2, full=5),
    rounds=always(ROUNDS),
    lacking=gpu_facts.lacking,
)
