"""Known slopes, horizons and exponents are found again."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from analysis.result import Estimate
from analysis.select import main_level, measured, sweep
from analysis.statistics import fits
from analysis.theory import closed_forms as theory
from tests.support.rows import synthetic


def curves(factor: float, longest: int = 100, loss: float = -5.0) -> pd.DataFrame:
    lags = [lag for lag in synthetic.LAGS if lag <= longest]
    one = dict.fromkeys(fits.CURVE, 0) | {"name": "rnn", "seq_len": longest + 1}
    rows = pd.DataFrame([one | {"step": lag, "value": loss + lag * math.log10(factor)} for lag in lags])
    return fits.profiles(rows)


@pytest.mark.parametrize("factor", [0.5, 0.9, 1.0, 1.1])
def test_the_slope_of_a_geometric_profile_is_the_log_of_its_factor(factor: float) -> None:
    assert fits.slopes(curves(factor))["slope10"].item() == pytest.approx(math.log10(factor), abs=1e-12)


def test_a_profile_starts_at_one_whatever_the_loss() -> None:
    assert curves(0.5, loss=-300.0)["log10_g"].iloc[0] == 0


@pytest.mark.parametrize("epsilon", fits.EPSILONS)
def test_the_horizon_is_where_the_profile_crosses(epsilon: float) -> None:
    found = fits.horizons(curves(0.7), epsilon)
    assert found["horizon"].item() == math.ceil(math.log(epsilon) / math.log(0.7))
    assert not found["censored"].item()


def test_a_horizon_beyond_the_sequence_is_censored_at_its_end() -> None:
    found = fits.horizons(curves(0.99), 1e-3)
    assert found["censored"].item()
    assert found["horizon"].item() == 100


def test_half_life_of_a_half_is_one_step() -> None:
    assert fits.half_life(math.log10(0.5)) == pytest.approx(1.0)
    assert fits.half_life(math.log10(theory.sigmoid(1.0))) == pytest.approx(2.213, abs=1e-3)
    assert fits.half_life(0.0) == math.inf


def test_exponents_are_those_of_the_cost() -> None:
    rng = np.random.default_rng(0)
    rows = pd.DataFrame(
        [(block, h, 1e-6 * h**2 * math.exp(rng.normal(0, 0.01))) for block in range(5) for h in (32, 64, 128)],
        columns=["block", "hidden_size", "value"],
    )
    found = fits.exponents(rows, "hidden_size")
    assert len(found) == 5
    assert found["exponent"].mean() == pytest.approx(2.0, abs=0.03)


def test_a_sweep_varies_one_size_only(rows: pd.DataFrame) -> None:
    times = measured(rows, "runtime", "elapsed_s")
    for size, levels in (("seq_len", 5), ("hidden_size", 5), ("batch_size", 4)):
        found = sweep(times, size)
        assert found[size].nunique() == levels
        assert all(found[other].nunique() == 1 for other in {"seq_len", "hidden_size", "batch_size"} - {size})


def test_an_unknown_size_is_named_with_the_known() -> None:
    with pytest.raises(ValueError, match="known: seq_len, hidden_size, batch_size"):
        sweep(pd.DataFrame(), "width")


def test_the_main_level_is_the_one_most_cases_have(rows: pd.DataFrame) -> None:
    norms = measured(rows, "gradients", "log10_norm_h")
    assert main_level(norms, "seq_len", ("name", "seed")) == 100


def test_an_interval_of_a_slope_becomes_one_of_its_factor() -> None:
    found = fits.factor_of(Estimate(-1.0, -2.0, math.inf, "decades per step", 4))
    assert (found.value, found.low, found.high, found.n) == (pytest.approx(0.1), pytest.approx(0.01), math.inf, 4)
