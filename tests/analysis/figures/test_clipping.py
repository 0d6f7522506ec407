"""The figure of clipped gradients, from rows whose growth is known."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.figures import clipping
from tests.support.rows import synthetic
from tests.support.rows import synthetic_flows as flows


@pytest.fixture(scope="module")
def made_up() -> pd.DataFrame:
    return synthetic.frame(synthetic.with_truth(seeds=5), ("clipping",))


def test_clipping_takes_from_the_recent_part_what_it_takes_from_all(made_up: pd.DataFrame) -> None:
    figure = clipping.build(made_up)
    assert figure is not None
    facts = figure.facts
    assert (facts["below"], facts["above"], facts["far"], facts["lstm_gain"]) == (1.0, 2.0, 3.0, 8.0)
    for key, arm in {"rnn_above": ("rnn", 2.0), "rnn_far": ("rnn", 3.0), "lstm": ("lstm", 8.0)}.items():
        grown = flows.EXPLOSION[arm] * (flows.STEPS - flows.RECENT)
        assert facts[f"{key}_norm"].value == pytest.approx(0.5 + grown, abs=0.02)
        assert facts[f"{key}_clipped"].value == pytest.approx(-grown, abs=1e-6)
        assert facts[f"{key}_cosine"].value == pytest.approx(10**-grown, rel=1e-6)
    assert facts["rnn_far_short_clipped"].value == pytest.approx(-0.1 * (20 - flows.RECENT), abs=1e-6)
    assert facts["rnn_far_recent"].value == pytest.approx(10**0.5, rel=0.1)


def test_a_gradient_shorter_than_the_limit_is_not_clipped(made_up: pd.DataFrame) -> None:
    norms = made_up["metric"].str.startswith("log10")
    small = made_up.assign(value=made_up["value"] - 3.0 * norms)
    figure = clipping.build(small.loc[small["initialiser_value"] == 1.0])
    assert figure is not None
    left = figure.data.loc[figure.data["quantity"] == "clipped", "median"]
    assert left.tolist() == pytest.approx([-2.5] * len(left), abs=0.05)


def test_a_length_at_which_a_network_has_no_number_is_left_out(made_up: pd.DataFrame) -> None:
    lost = (made_up["seed"] == 0) & (made_up["seq_len"] == flows.STEPS) & (made_up["cell"] == "lstm")
    rows = made_up.assign(status=made_up["status"].where(~lost, "diverged"), value=made_up["value"].where(~lost))
    figure = clipping.build(rows)
    assert figure is not None
    lengths = figure.data.groupby("name")["seq_len"].max()
    assert (lengths["lstm"], lengths["rnn"]) == (20, flows.STEPS)
    assert "lstm_norm" not in figure.facts
