"""Measure the Lyapunov spectrum of every cell, and of chaotic networks."""

from __future__ import annotations

from dataclasses import dataclass

from bench.case import Case
from bench.measures import spectra
from bench.studies.axes import FEW_SEEDS, LARGE_LAYER, SIMPLE_CELL, default_and_last_initialiser, flow
from bench.study import Computed, PerPreset, Study
from cells.registry import distinct_cells

STEPS = 600
CHRONO_STEPS = 2500
"""What hardly fades takes long to settle."""
CHAOTIC_STEPS = 1500
CHAOTIC_GAINS = (2.0, 3.0)
LARGE_SEEDS = 3
"""Seeds of a chaotic network of the largest sizes, whose spectrum takes minutes."""


@dataclass(frozen=True)
class Sizes:
    """Hidden sizes of the chaotic networks, the first of them also that of every cell; and seeds."""

    hidden_sizes: tuple[int, ...]
    seeds: int


def cases(sizes: Sizes) -> list[Case]:
    """List every cell at its usual initialisation, and chaotic networks without input."""
    listed: list[Case] = []
    for cell in distinct_cells():
        for name, value in default_and_last_initialiser(cell):
            shape = {"seq_len": CHRONO_STEPS if name == "chrono" else STEPS, "hidden_size": sizes.hidden_sizes[0]}
            listed += flow("spectrum", cell, name, value, sizes.seeds, **shape)
    for hidden in sizes.hidden_sizes:
        seeds = LARGE_SEEDS if hidden >= LARGE_LAYER else sizes.seeds
        for gain in CHAOTIC_GAINS:
            shape = {"seq_len": CHAOTIC_STEPS, "hidden_size": hidden}
            listed += flow("spectrum", SIMPLE_CELL, "gaussian", gain, seeds, **shape, inputs="start")
    return listed


STUDY = Study(
    name="spectrum",
    question="At which rates does the whole state fade?",
    sizes=PerPreset(
        quick=Sizes((32,), FEW_SEEDS.quick),
        course=Sizes((64, 256), FEW_SEEDS.course),
        full=Sizes((32, 64, 128, 256), FEW_SEEDS.full),
    ),
    cases=cases,
    measure=Computed(spectra.measure_spectrum),
)
