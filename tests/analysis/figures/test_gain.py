"""The boundary between vanishing and exploding, and the mean field of networks that all hear one input."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from analysis.figures import mean_field, phase_diagram
from analysis.theory import closed_forms as theory
from analysis.theory import common_input
from bench.studies.axes import GATED_CELLS, SIMPLE_CELL, has_gain
from tests.support.rows import synthetic_gain


@pytest.fixture(scope="module")
def diagram(rows: pd.DataFrame) -> pd.DataFrame:
    return phase_diagram.build(rows).data  # type: ignore[union-attr]


@pytest.fixture(scope="module")
def rates(rows: pd.DataFrame) -> pd.DataFrame:
    data = mean_field.build(rows).data  # type: ignore[union-attr]
    return data.loc[data["kind"] == "measured"]


def test_the_boundary_is_the_one_that_the_rows_were_made_with(diagram: pd.DataFrame) -> None:
    places = diagram.drop_duplicates(["name", "input_scale", "gate_bias"])
    seen = places.dropna(subset=["critical"])
    assert set(seen["name"]) == {SIMPLE_CELL, *filter(has_gain, GATED_CELLS)}
    for row in seen.itertuples():
        against = row.input_scale if row.name == SIMPLE_CELL else row.gate_bias
        known = synthetic_gain.boundary(row.name, against, row.input_scale == 0)
        assert row.critical == pytest.approx(known, rel=0.02)


def test_a_boundary_below_the_smallest_gain_is_not_guessed(diagram: pd.DataFrame) -> None:
    below = diagram.loc[(diagram["name"] == "lstm") & (diagram["gate_bias"] == 2) & (diagram["input_scale"] == 0)]
    assert theory.critical_gain("lstm", 2.0) < synthetic_gain.GAINS[0]
    assert below["critical"].isna().all()


def test_the_last_crossing_counts_where_slopes_waver() -> None:
    gains = pd.Series([1.0, 2.0, 4.0, 8.0])
    assert phase_diagram._last_crossing(gains, pd.Series([-1.0, 0.5, -1.0, 1.0])) == pytest.approx(math.sqrt(32))
    assert math.isnan(phase_diagram._last_crossing(gains, pd.Series([-1.0, 0.5, 1.0, -0.1])))


def test_the_first_steps_do_not_enter_the_rate(rates: pd.DataFrame) -> None:
    for row in rates.itertuples():
        known = synthetic_gain.rate(row.gain, row.input_scale, round(row.hidden_size))
        assert row.value == pytest.approx(known, abs=4 * synthetic_gain.SEED_NOISE)


@pytest.mark.parametrize("gain", [0.8, 1.5, 5.0])
def test_a_vanishing_common_input_gives_the_mean_field_without_input(gain: float) -> None:
    assert common_input.exponent(gain, 1e-4) == pytest.approx(theory.mean_field(gain, 0).exponent, abs=1e-3)


def simulate(gain: float, scale: float, size: int, steps: int) -> float:
    """λ1 of one network whose units share their input."""
    rng = np.random.default_rng(5)
    weights = rng.standard_normal((size, size)) * gain / math.sqrt(size)
    into, tangent = rng.standard_normal(size), rng.standard_normal(size)
    h, total = np.zeros(size), 0.0
    for step in range(steps):
        h = np.tanh(weights @ h + scale * rng.standard_normal() * into)
        tangent = (1 - h * h) * (weights @ tangent)
        norm = float(np.linalg.norm(tangent))
        tangent /= norm
        total += math.log(norm) if step >= 100 else 0.0
    return total / (steps - 100)


@pytest.mark.parametrize(("gain", "scale"), [(1.0, 1.0), (2.0, 1.0)])
def test_the_common_input_gives_the_rate_of_a_simulated_network(gain: float, scale: float) -> None:
    seen = simulate(gain, scale, size=300, steps=1600)
    expected = common_input.exponent(gain, scale)
    assert seen == pytest.approx(expected, abs=0.03)
    assert theory.mean_field(gain, scale**2).exponent < expected  # an input of its own for every unit stabilises more


def test_the_critical_gain_rises_with_the_common_input() -> None:
    gains = [common_input.critical_gain_of(scale) for scale in (0.0, 0.5, 1.0, 2.0)]
    assert gains[0] == 1
    assert gains == sorted(gains)
    assert common_input.exponent(gains[2], 1.0) == pytest.approx(0, abs=1e-3)


def test_a_gain_beyond_the_table_is_named() -> None:
    with pytest.raises(ValueError, match=r"1000\.0"):
        common_input.exponent(1000.0, 1.0)
