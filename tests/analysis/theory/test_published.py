"""Numbers from elsewhere: those that can be found again are."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analysis.theory.closed_forms import TORCH_GAIN, factor_per_step
from analysis.theory.published import SIMULATED_FACTORS, UNIFORM_RADIUS


@pytest.mark.parametrize(("size", "draws"), [(32, 600), (64, 300)])
def test_the_radius_of_a_uniform_matrix_is_found_by_simulation(size: int, draws: int) -> None:
    matrices = np.random.default_rng(2).uniform(-1, 1, (draws, size, size)) / math.sqrt(size)
    radii = np.abs(np.linalg.eigvals(matrices)).max(axis=1)
    error = radii.std() / math.sqrt(draws)
    assert abs(radii.mean() - UNIFORM_RADIUS[size]) < 4 * error + 0.0005  # the table's last digit


def test_the_radius_of_a_uniform_matrix_falls_to_its_limit() -> None:
    radii = [UNIFORM_RADIUS[size] for size in (32, 64, 128, 256)]
    assert radii == sorted(radii, reverse=True)
    assert radii[-1] > TORCH_GAIN


@pytest.mark.parametrize(("cell", "initialiser"), [("lstm", "torch"), ("gru", "torch"), ("lstm", "torch-fb1")])
def test_a_simulated_factor_is_near_the_one_derived_at_zero_input(cell: str, initialiser: str) -> None:
    for size in (32, 128):
        derived = factor_per_step(cell, initialiser)
        assert SIMULATED_FACTORS[cell, initialiser, size] == pytest.approx(derived, rel=0.025)
