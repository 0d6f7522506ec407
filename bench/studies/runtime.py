"""Time a call of every cell in sweeps over T, H and B, beside every contender."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from bench.case import Case
from bench.measures import runtime
from bench.studies.axes import SWEEP_HIDDEN_SIZES, SWEEP_INPUT_SIZE, backends
from bench.study import PerPreset, Study
from cells import get_threads
from cells.registry import distinct_cells


@dataclass(frozen=True)
class Sizes:
    """The point (T, H, B) that the three sweeps share, and their values."""

    base: tuple[int, int, int]
    lengths: tuple[int, ...]
    hidden_sizes: tuple[int, ...]
    batch_sizes: tuple[int, ...]

    @property
    def shapes(self) -> list[tuple[int, int, int]]:
        """List (T, H, B) of the three sweeps, each once."""
        steps, hidden, batch = self.base
        points = [(length, hidden, batch) for length in self.lengths]
        points += [(steps, size, batch) for size in self.hidden_sizes]
        points += [(steps, hidden, size) for size in self.batch_sizes]
        return list(dict.fromkeys(points))


def cases(sizes: Sizes) -> list[Case]:
    """List every cell at every shape, the lecture's BiLSTM at the base point, contenders of a shape side by side."""
    layers = [(cell, "none", *shape) for shape in sizes.shapes for cell in distinct_cells()]
    layers.append(("lstm", "mean", *sizes.base))
    return [
        Case(
            study="runtime",
            cell=cell,
            backend=backend,
            direction=direction,
            merge=merge,
            seq_len=steps,
            hidden_size=hidden,
            input_size=SWEEP_INPUT_SIZE,
            batch_size=batch,
            threads=get_threads(),
        )
        for (cell, merge, steps, hidden, batch), direction in itertools.product(layers, ("inference", "training"))
        for backend in backends(cell, direction, merge)
    ]


STUDY = Study(
    name="runtime",
    question="How long does a call take?",
    sizes=PerPreset(
        quick=Sizes(
            base=(50, 32, 16),
            lengths=(20, 50, 100),
            hidden_sizes=SWEEP_HIDDEN_SIZES.quick,
            batch_sizes=(1, 16),
        ),
        course=Sizes(
            base=(100, 64, 16),
            lengths=(10, 20, 50, 100, 200, 500),
            hidden_sizes=SWEEP_HIDDEN_SIZES.course,
            batch_sizes=(1, 4, 16, 64),
        ),
        full=Sizes(
            base=(100, 64, 16),
            lengths=(10, 20, 50, 100, 200, 500, 1000, 2000),
            hidden_sizes=SWEEP_HIDDEN_SIZES.full,
            batch_sizes=(1, 4, 16, 64, 128),
        ),
    ),
    cases=cases,
    measure=runtime.measure,
    timed=True,
    blocks=PerPreset(quick=5, course=8, full=19),
    rounds=PerPreset(quick=5, course=5, full=7),
)
