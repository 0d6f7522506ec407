"""Figures of losses, windows and long memories: what they say of rows whose truth is known."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from analysis.figures import every_step, memory_curse, truncated
from tests.support.rows import synthetic
from tests.support.rows import synthetic_flows as flows

STUDIES = ("every-step", "truncated", "memory-curse")
SEEDS = 5


@pytest.fixture(scope="module")
def made_up() -> pd.DataFrame:
    return synthetic.frame(synthetic.with_truth(seeds=SEEDS), STUDIES)


def test_a_loss_at_every_step_is_level_where_the_other_fades(made_up: pd.DataFrame) -> None:
    figure = every_step.build(made_up)
    assert figure is not None
    facts = figure.facts
    assert (facts["lag"], facts["seeds"]) == (99, SEEDS)
    for initialiser in ("torch", "chrono"):
        far = facts[f"lstm_{initialiser}_every_far"]
        assert far.low <= far.value <= far.high
        assert far.value == pytest.approx(8.0, rel=0.03)
        fading = flows.OWN + flows.RATE[initialiser] * 99
        assert facts[f"lstm_{initialiser}_last_far"].value == pytest.approx(fading, abs=0.03)
    assert set(figure.data["loss"]) == {"last", "every"}


def test_one_loss_alone_is_no_comparison(made_up: pd.DataFrame) -> None:
    assert every_step.build(made_up.loc[made_up["metric"] != "log10_norm_h"]) is None


def test_what_a_window_cuts_off_is_a_share_and_exactly_nothing_is_zero(made_up: pd.DataFrame) -> None:
    figure = truncated.build(made_up)
    assert figure is not None
    shares = figure.data.loc[(figure.data["name"] == "lstm") & (figure.data["initialiser"] == "torch")]
    shares = shares.set_index("window")["median"]
    assert shares[20] == pytest.approx(10 ** (20 * flows.RATE["torch"]), rel=0.05)
    assert shares[100] == 0
    assert (figure.data.loc[figure.data["window"] == 100, ["median", "low", "high"]] == 0).all(axis=None)
    assert (figure.facts["short"], figure.facts["wide"]) == (20, 50)
    assert figure.facts["lstm_chrono_wide"].value == pytest.approx(10 ** (50 * flows.RATE["chrono"]), rel=0.05)
    assert figure.facts["lstm_torch_size"].value == 1.0


def test_exactly_nothing_is_drawn_below_everything_else_and_no_line_leads_there(made_up: pd.DataFrame) -> None:
    figure = truncated.build(made_up)
    assert figure is not None
    canvas = truncated.draw(figure.data, "paper", dict.fromkeys(truncated.LABELS, "w"))
    lines = {line.get_gid(): line for axes in canvas.axes for line in axes.get_lines() if line.get_gid()}
    some, nothing = lines["series-lstm--torch"], lines["series-lstm--torch-zero"]
    assert list(some.get_xdata()) == [5, 10, 20, 50]
    assert list(nothing.get_xdata()) == [100]
    assert nothing.get_ydata()[0] < min(some.get_ydata())
    assert (nothing.get_linestyle(), nothing.get_markerfacecolor()) == ("None", "none")
    canvas.canvas.draw()
    assert canvas.axes[0].get_yticklabels()[0].get_text() == "0"


def test_only_where_nothing_is_tied_do_the_weights_become_sensitive(made_up: pd.DataFrame) -> None:
    figure = memory_curse.build(made_up)
    assert figure is not None
    facts = figure.facts
    assert facts["lstm_longest_weights_ratio"].value == pytest.approx(10 ** (5 * flows.GROWTH), rel=0.05)
    assert facts["lstm_longest_kept"].value == pytest.approx(0.1 * 10 ** (5 * flows.GROWTH), rel=0.05)
    for name in ("lstm_tied", "lstm_coupled", "gru"):
        assert facts[f"{name}_longest_weights_ratio"].value == pytest.approx(1, rel=0.05)
    assert facts["lstm_longer_left"].value == pytest.approx(-80 * math.exp(-2))
    weights = facts["lstm_longest_weights"]
    assert weights.low < weights.value < weights.high


def test_at_a_bias_of_zero_the_free_and_the_tied_lstm_are_one(made_up: pd.DataFrame) -> None:
    figure = memory_curse.build(made_up)
    assert figure is not None
    start = figure.data.loc[(figure.data["gate_bias"] == 0) & (figure.data["quantity"] == "weights")]
    values = start.set_index("name")["value"]
    assert values["lstm"] == values[memory_curse.TIED]
    assert set(figure.data["name"]) == {"lstm", memory_curse.TIED, "lstm-coupled", "gru"}


def test_two_seeds_have_no_interval_and_still_draw(made_up: pd.DataFrame) -> None:
    few = made_up.loc[made_up["seed"] < 2]
    figure = memory_curse.build(few)
    assert figure is not None
    assert figure.data[["low", "high"]].isna().all(axis=None)
    memory_curse.draw(figure.data, "paper", dict.fromkeys(memory_curse.LABELS, "w"))
