"""The figure of networks and inputs, from rows whose two spreads are known."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.figures import spread
from tests.support.rows import synthetic
from tests.support.rows import synthetic_flows as flows

NETWORKS = 40


@pytest.fixture(scope="module")
def made_up() -> pd.DataFrame:
    return synthetic.frame(synthetic.with_truth(seeds=NETWORKS), ("spread",))


def test_the_two_spreads_are_those_that_the_rows_were_made_with(made_up: pd.DataFrame) -> None:
    figure = spread.build(made_up)
    assert figure is not None
    for name, (initialiser, truth) in ((n, i) for n in ("rnn", "lstm", "gru") for i in flows.SPREAD.items()):
        for source, known in zip(spread.SOURCES, truth, strict=True):
            found = figure.facts[f"{name}_{initialiser}_{source}"]
            assert 0.8 * found.low < known < 1.25 * found.high
            assert known / 2 < found.value < known * 2
    assert figure.facts["rnn_torch_ratio"].value > 5 > 1 > figure.facts["rnn_keras_ratio"].value
    assert (figure.facts["seeds"], figure.facts["inputs"]) == (NETWORKS, flows.INPUTS_EACH)


def test_networks_are_drawn_by_their_mean_each_with_its_own_inputs(made_up: pd.DataFrame) -> None:
    figure = spread.build(made_up)
    assert figure is not None
    points = figure.data.loc[(figure.data["kind"] == "slope") & (figure.data["initialiser"] == "torch")]
    assert set(points["name"]) == {spread.SHOWN}
    assert points["network"].value_counts().eq(flows.INPUTS_EACH).all()
    assert points.groupby("network")["value"].mean().is_monotonic_increasing


def test_one_input_a_network_tells_nothing_apart(made_up: pd.DataFrame) -> None:
    single = made_up.loc[made_up["input_seed"] % flows.INPUTS_EACH == 0]
    assert spread.build(single) is None


def test_a_spread_of_nothing_has_its_place_on_a_logarithmic_axis(made_up: pd.DataFrame) -> None:
    figure = spread.build(made_up.loc[made_up["seed"] < 3])
    assert figure is not None
    nothing = figure.data.assign(
        value=figure.data["value"].where(figure.data["kind"] != "network", 0.0),
        low=figure.data["low"].where(figure.data["kind"] != "network", 0.0),
    )
    canvas = spread.draw(nothing, "paper", dict.fromkeys(spread.LABELS, "w"))
    canvas.canvas.draw()
    below = canvas.axes[-1]
    assert all(line.get_ydata()[0] >= below.get_ylim()[0] > 0 for line in below.get_lines())
