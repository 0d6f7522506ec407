"""Compare the tanh RNN with its mean-field theory."""

from __future__ import annotations

from dataclasses import dataclass

from bench.case import Case
from bench.measures import gradient_flow
from bench.studies.axes import FEW_SEEDS, LARGE_LAYER, SEEDS, SIMPLE_CELL, flow
from bench.study import Computed, PerPreset, Study

POINTS = ((1 / 3**0.5, 0.0), (0.8, 0.0), (1.5, 0.0), (2.0, 0.0), (5.0, 0.0), (0.8, 1.0), (1.0, 1.0), (2.0, 1.0))
"""(gain, input scale) at which the mean-field theory of the tanh RNN is compared (SCIENCE, section 3)."""
STEPS = 1200
FINITE_SIZES = (16, 32, 64, 128)
FINITE_SIZE_POINTS = ((2.0, 0.0), (0.8, 1.0), (2.0, 1.0))


@dataclass(frozen=True)
class Sizes:
    """Seeds of the large layer, and of the smaller ones, which vary more."""

    large_seeds: int
    small_seeds: int


def cases(sizes: Sizes) -> list[Case]:
    """List the tanh RNN with Gaussian weights at one large size, and at smaller ones."""
    points = [(gain, scale, LARGE_LAYER, sizes.large_seeds) for gain, scale in POINTS]
    points += [(gain, scale, size, sizes.small_seeds) for gain, scale in FINITE_SIZE_POINTS for size in FINITE_SIZES]
    listed: list[Case] = []
    for gain, scale, size, seeds in points:
        driven = {"inputs": "normal", "input_scale": scale} if scale else {"inputs": "start"}
        shape = {"seq_len": STEPS, "hidden_size": size, "input_size": size}
        listed += flow("mean-field", SIMPLE_CELL, "gaussian", gain, seeds, **shape, **driven)
    return listed


STUDY = Study(
    name="mean-field",
    question="Does the rate agree with theory?",
    sizes=PerPreset(
        quick=Sizes(large_seeds=FEW_SEEDS.quick, small_seeds=SEEDS.quick),
        course=Sizes(large_seeds=FEW_SEEDS.course, small_seeds=SEEDS.course),
        full=Sizes(large_seeds=FEW_SEEDS.full, small_seeds=SEEDS.full),
    ),
    cases=cases,
    measure=Computed(gradient_flow.measure_flow),
)
