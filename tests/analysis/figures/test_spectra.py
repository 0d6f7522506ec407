"""Jacobians and Lyapunov spectra: the facts are those that the rows were made with; a part of the rows still draws."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from analysis.figures import draw, jacobian_profile, lyapunov_spectrum
from analysis.result import Figure
from analysis.theory.published import CLARK
from tests.support.rows import synthetic, synthetic_spectra

STUDIES = ("jacobians", "spectrum")


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return synthetic.frame(synthetic.with_truth(seeds=4), studies=STUDIES)


@pytest.fixture(scope="module")
def jacobians(frame: pd.DataFrame) -> Figure:
    return jacobian_profile.build(frame)


@pytest.fixture(scope="module")
def spectra(frame: pd.DataFrame) -> Figure:
    return lyapunov_spectrum.build(frame)


def test_the_slope_is_that_of_the_factor_although_the_worst_direction_starts_above_it(jacobians: Figure) -> None:
    for norm in ("joint_rms", "joint_spectral"):
        slope = jacobians.facts[f"rnn_torch_{norm}_slope"].value
        assert slope == pytest.approx(math.log10(synthetic.FACTORS["rnn", "torch"]), abs=2e-3)


def test_the_bound_holds_at_every_point_and_its_excess_is_the_difference(jacobians: Figure) -> None:
    assert jacobians.facts["held"] == jacobians.facts["points"] == 2 * 4 * len(synthetic_spectra.LAGS)
    bound = 100 * math.log10(synthetic_spectra.SINGULAR_VALUE)
    norm = 100 * math.log10(synthetic.FACTORS["rnn", "torch"]) + synthetic_spectra.SPECTRAL
    assert jacobians.facts["rnn_torch_excess"].value == pytest.approx(bound - norm, abs=0.3)


def test_a_broken_bound_is_counted(frame: pd.DataFrame) -> None:
    one = (frame["metric"] == "log10_jacobian_joint_spectral") & (frame["cell"] == "rnn") & (frame["seed"] == 0)
    one &= (frame["initialiser"] == "torch") & (frame["step"] == 5)
    broken = frame.assign(value=frame["value"].where(~one, 3.0))
    facts = jacobian_profile.build(broken).facts
    assert facts["points"] - facts["held"] == 1


def test_a_norm_that_is_one_but_for_rounding_is_one(frame: pd.DataFrame) -> None:
    flat = (frame["metric"] == "log10_pascanu_bound") & (frame["initialiser"] == "orthogonal")
    data = jacobian_profile.build(frame.assign(value=frame["value"].where(~flat, -1e-14))).data
    drawn = data.loc[(data["norm"] == "bound") & (data["initialiser"] == "orthogonal"), "median"]
    assert set(drawn) == {0.0}
    assert not any(math.copysign(1, value) < 0 for value in drawn)


@pytest.mark.parametrize("gain", [2.0, 3.0])
def test_chaos_has_the_published_dimension_and_entropy(spectra: Figure, gain: float) -> None:
    measured = [spectra.facts[f"gain_{gain:g}_{name}"].value for name in ("exponent", "dimension", "entropy")]
    assert measured == pytest.approx(CLARK[gain], rel=0.05)
    drawn = spectra.data.loc[spectra.data["gain"] == gain]
    assert drawn["dimension"].unique() == pytest.approx([CLARK[gain][1]], rel=0.01)
    assert drawn["place"].iloc[-1] == 1


def test_a_lost_direction_keeps_its_place_and_has_no_exponent(spectra: Figure) -> None:
    rnn = spectra.data.loc[(spectra.data["name"] == "rnn") & (spectra.data["initialiser"] == "torch")]
    assert rnn["place"].tolist() == [place / synthetic_spectra.SIZE for place in range(1, synthetic_spectra.SIZE)]
    assert rnn["dimension"].isna().all()


def test_the_dimension_needs_no_exponent_of_a_lost_direction(frame: pd.DataFrame, spectra: Figure) -> None:
    chaotic = (frame["initialiser"] == "gaussian") & (frame["step"] == synthetic_spectra.CHAOTIC_SIZE)
    lost = frame.assign(
        value=frame["value"].where(~chaotic), status=frame["status"].where(~chaotic, "zero")
    )  # fmt: skip
    facts = lyapunov_spectrum.build(lost).facts
    assert facts["gain_2_dimension"] == spectra.facts["gain_2_dimension"]


def test_the_slowest_direction_of_each_cell_is_its_factor(spectra: Figure) -> None:
    for name, initialiser in (("rnn", "torch"), ("lstm", "chrono"), ("gru", "torch")):
        exponent = math.log(synthetic.FACTORS[name, initialiser])
        assert spectra.facts[f"{name}_{initialiser}_exponent"].value == pytest.approx(exponent, abs=1e-3)
    assert spectra.facts["driven_positive"] == 0


@pytest.mark.parametrize("part", ["gaussian", "torch", "chrono"])
def test_a_part_of_the_rows_still_draws(frame: pd.DataFrame, part: str) -> None:
    rows = frame.loc[frame["initialiser"] == part]
    for module in (jacobian_profile, lyapunov_spectrum):
        figure = module.build(rows)
        if figure is not None:
            draw(figure, "paper", dict.fromkeys(module.LABELS, "w"))
    assert jacobian_profile.build(rows) is not None or part == "gaussian"
    assert lyapunov_spectrum.build(rows) is not None
