"""The boundary between vanishing and exploding, and the mean field of networks that all hear one input."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from analysis.figures import mean_field, phase_diagram
from analysis.readings import boundaries
from analysis.statistics.intervals import SLOPE_MARGIN
from analysis.theory import closed_forms as theory
from analysis.theory import common_input
from bench.measures import gradient_flow
from bench.studies.axes import GATED_CELLS, SIMPLE_CELL, flow, has_gain
from tests.support.rows import synthetic, synthetic_gain


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


def test_an_rnn_without_input_has_a_range_of_gains_and_no_boundary(diagram: pd.DataFrame) -> None:
    silent = diagram.loc[(diagram["name"] == SIMPLE_CELL) & (diagram["input_scale"] == 0)].iloc[0]
    assert math.isnan(silent["critical"])
    beyond = 10 ** (SLOPE_MARGIN / synthetic_gain.STEEPNESS)
    low, high = synthetic_gain.CALM
    assert silent["calm_from"] == pytest.approx(low / beyond, rel=0.03)
    assert silent["calm_to"] == pytest.approx(high * beyond, rel=0.03)


def test_the_slope_at_the_ends_of_the_calm_is_the_margin(diagram: pd.DataFrame) -> None:
    driven = diagram.loc[(diagram["name"] == "lstm") & (diagram["gate_bias"] == 0) & (diagram["input_scale"] == 1)]
    at = driven.set_index("gain")["value"]
    for column, sign in (("calm_from", -1), ("calm_to", 1)):
        seen = np.interp(math.log(driven[column].iloc[0]), np.log(at.index), at)
        assert seen == pytest.approx(sign * SLOPE_MARGIN, abs=1e-3)


def of_seeds(*slopes: tuple[float, ...]) -> pd.DataFrame:
    gains = (1.0, 2.0, 4.0, 8.0)
    rows = [(seed, g, value) for seed, each in enumerate(slopes) for g, value in zip(gains, each, strict=True)]
    return pd.DataFrame(rows, columns=["seed", "gain", "slope10"])


def test_the_last_crossing_counts_where_slopes_waver() -> None:
    gains = [1.0, 2.0, 4.0, 8.0]
    assert boundaries.last_crossing(pd.Series([-1.0, 0.5, -1.0, 1.0], gains)) == pytest.approx(math.sqrt(32))
    assert boundaries.last_crossing(pd.Series([-1.0, 1.0, 3.0, 3.0], gains), level=2.0) == pytest.approx(math.sqrt(8))
    assert math.isnan(boundaries.last_crossing(pd.Series([-1.0, 0.5, 1.0, -0.1], gains)))


def test_networks_that_waver_have_no_boundary_unless_they_are_few() -> None:
    once, thrice, rng = (-1.0, -1.0, 1.0, 1.0), (-1.0, 1.0, -1.0, 1.0), np.random.default_rng(0)
    most = boundaries.boundary(of_seeds(*[once] * 4, thrice), rng)
    assert most.critical is not None
    assert most.critical.value == pytest.approx((4 * math.sqrt(8) + math.sqrt(32)) / 5)
    fewer = boundaries.boundary(of_seeds(*[once] * 3, thrice), rng)
    assert fewer.critical is None
    assert fewer.calm_to is not None


def test_a_network_that_never_grows_leaves_no_boundary() -> None:
    never = boundaries.boundary(of_seeds((-1.0, -1.0, 1.0, 1.0), (-2.0, -1.0, -1.0, -0.5)), np.random.default_rng(0))
    assert never == boundaries.Boundary(None, None, None)


def test_rows_of_another_length_and_size_are_not_mixed_in(rows: pd.DataFrame) -> None:
    stray = rows.loc[(rows["study"] == "gain") & (rows["initialiser"] == "gaussian") & (rows["seed"] < 2)]
    stray = stray.assign(hidden_size=32, value=stray["value"] * 2)
    both = phase_diagram.build(pd.concat([rows, stray], ignore_index=True))
    alone = phase_diagram.build(rows)
    assert both is not None
    assert alone is not None
    assert both.rows_sha == alone.rows_sha


def test_the_first_steps_do_not_enter_the_rate(rates: pd.DataFrame) -> None:
    for row in rates.itertuples():
        known = synthetic_gain.rate(row.gain, row.input_scale, round(row.hidden_size))
        assert row.value == pytest.approx(known, abs=4 * synthetic_gain.SEED_NOISE)


def simulated_slopes(gains: tuple[float, ...], networks: int, size: int, steps: int) -> pd.DataFrame:
    """Decades per step of a push forward in tanh RNNs without input, after half of the steps; drawn apart."""
    rng = np.random.default_rng(11)
    rows = []
    for gain in gains:
        weights = rng.standard_normal((networks, size, size)) * gain / math.sqrt(size)
        h, push = rng.standard_normal((2, networks, size, 1))
        total = np.zeros(networks)
        for step in range(steps):
            h = np.tanh(weights @ h)
            push = (1 - h * h) * (weights @ push)
            norm = np.linalg.norm(push, axis=1)[:, 0]
            push /= norm[:, None, None]
            total += np.log10(norm) if step >= steps // 2 else 0.0
        rows += [(seed, gain, value) for seed, value in enumerate(total / (steps - steps // 2))]
    return pd.DataFrame(rows, columns=["seed", "gain", "slope10"])


@pytest.mark.slow
def test_networks_simulated_apart_have_the_same_range_without_input() -> None:
    gains = (0.5, 0.8, 1.0, 1.2, 1.4, 1.6, 2.0, 3.0)
    apart = boundaries.boundary(simulated_slopes(gains, networks=24, size=64, steps=1200), np.random.default_rng(0))
    shape = {"seq_len": 1200, "hidden_size": 64, "inputs": "start"}
    cases = [case for gain in gains for case in flow("gain", SIMPLE_CELL, "gaussian", gain, 12, **shape)]
    measured = [synthetic.row(row) for case in cases for row in gradient_flow.measure_norms(case, 0)]
    own = boundaries.boundary(phase_diagram._slopes(pd.DataFrame(measured)), np.random.default_rng(0))
    for one, other in ((apart.calm_from, own.calm_from), (apart.calm_to, own.calm_to)):
        assert one is not None
        assert other is not None
        error = math.hypot(*((end.high - end.low) / 4 for end in (one, other)))
        assert abs(one.value - other.value) < 4 * error


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
