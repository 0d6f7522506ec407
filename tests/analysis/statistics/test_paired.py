"""Ratios are taken inside blocks; the noise of the measurement is one thing on every device."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest

from analysis.figures import cuda_ratio, time_ratio
from analysis.result import Figure, Number
from analysis.statistics import paired
from bench.case import Case
from bench.rows import COLUMNS, Measurement
from reports import wording
from reports.catalogue import load_catalogue
from tests.support.rows.synthetic import row

SIZES = (16, 64, 256)
CPU = ("runtime", "elapsed_s", {"own": "cpu", "again": "cpu-again"})
GPU = ("gpu", "event_s", {"own": "cuda", "again": "cuda-again", "peer": "cudnn"})
FIGURES = {"time-ratio": (time_ratio, CPU), "cuda-ratio": (cuda_ratio, GPU)}


def test_drift_between_blocks_cancels_in_the_paired_ratio() -> None:
    rng = np.random.default_rng(3)
    blocks = np.repeat(np.arange(9), 5)
    drift = np.exp(rng.normal(0, 0.5, size=9))[blocks]

    def contender(cost: float) -> pd.DataFrame:
        return pd.DataFrame({"block": blocks, "value": cost * drift * np.exp(np.abs(rng.normal(0, 0.01, size=45)))})

    ratio = paired.paired_ratio(contender(3.0), contender(4.0), rng)
    assert ratio.n == 9
    assert ratio.value == pytest.approx(0.75, rel=0.02)
    assert ratio.high - ratio.low < 0.03


def test_the_inverse_ratio_has_the_inverse_interval() -> None:
    rng = np.random.default_rng(4)
    blocks = np.repeat(np.arange(7), 3)
    a, b = (pd.DataFrame({"block": blocks, "value": np.exp(rng.normal(0, 0.1, size=21))}) for _ in range(2))
    one = paired.paired_ratio(a, b, np.random.default_rng(0))
    other = paired.paired_ratio(b, a, np.random.default_rng(0))
    assert one.value == pytest.approx(1 / other.value)
    assert one.low == pytest.approx(1 / other.high, rel=0.05)


def drawn(figure_id: str, blocks: int, *, again: bool = True) -> Figure:
    """The figure of rows in which both devices' A/A pairs took the same times."""
    module, (study, metric, backends) = FIGURES[figure_id]
    measurements = [
        Measurement(case, metric, seconds, "s", block)
        for case, role in cases(study, backends)
        if again or role != "again"
        for block, seconds in enumerate(times(case, role, blocks))
    ]
    figure = module.build(pd.DataFrame([row(measurement) for measurement in measurements], columns=list(COLUMNS)))
    assert figure is not None
    return figure


def cases(study: str, backends: Mapping[str, str]) -> list[tuple[Case, str]]:
    grid = itertools.product(("lstm", "gru"), ("inference", "training"), SIZES, backends.items())
    return [
        (Case(study, cell, backend, direction, "none", 64, size, 16, 16), role)
        for cell, direction, size, (role, backend) in grid
    ]


def times(case: Case, role: str, blocks: int) -> np.ndarray:
    """Seconds in each block; from the point and the role alone, so that both devices have the same."""
    seed = [len(role), len(case.cell), len(case.direction), case.hidden_size]
    return 1e-3 * np.exp(np.random.default_rng(seed).normal(0, 0.03, blocks))


def test_a_kernel_against_itself_has_the_same_band_on_every_device() -> None:
    facts, bands = [], []
    for figure_id in FIGURES:
        figure = drawn(figure_id, blocks=9)
        columns = ["direction", "hidden_size", "noise_low", "noise_high"]
        bands.append(figure.data.groupby(columns[:2])[columns[2:]].agg(["min", "max"]).to_numpy())
        facts.append([figure.facts["noise_low"], figure.facts["noise_high"]])
    assert facts[0] == facts[1]
    assert bands[0] == pytest.approx(bands[1], rel=1e-12)


@pytest.mark.parametrize("figure_id", FIGURES)
def test_more_blocks_make_the_band_narrower(figure_id: str) -> None:
    few, many = (
        float((data["noise_high"] - data["noise_low"]).mean())
        for data in (drawn(figure_id, blocks).data for blocks in (6, 60))
    )
    assert many < few / 2


@pytest.mark.parametrize("figure_id", FIGURES)
@pytest.mark.parametrize(("blocks", "again", "told"), [(2, True, "2"), (9, False, "0")])
def test_without_an_interval_there_is_no_band_and_the_page_says_why(
    figure_id: str, blocks: int, again: bool, told: str
) -> None:
    figure = drawn(figure_id, blocks, again=again)
    assert "noise_low" not in figure.data.columns
    read = wording.how(figure, load_catalogue("en"))
    assert f"There is no band: a kernel met itself in {told} blocks" in read
    assert "grey band" not in read


def test_the_widest_noise_is_a_fact_where_there_is_any() -> None:
    table = pd.DataFrame({"noise_low": [0.9, 0.8], "noise_high": [1.1, 1.3]})
    assert paired.noise_facts(table) == {"noise_low": Number(0.8, digits=3), "noise_high": Number(1.3, digits=3)}
    assert paired.noise_facts(table.iloc[:0]) == paired.noise_facts(pd.DataFrame({"ratio": [1.0]})) == {}
