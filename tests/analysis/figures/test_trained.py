"""Figures of trained networks, from made-up rows: networks that are done stay in, and a run may be half measured."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.figures import clipped_training, gradient_while_learning
from tests.support.rows import synthetic


def rows_of(study: str) -> pd.DataFrame:
    return synthetic.frame(synthetic.with_truth(seeds=3), (study,))


def test_a_median_along_training_keeps_the_networks_that_are_done() -> None:
    rows = rows_of("during-training")
    errors = (rows["metric"] == "test_mse") & (rows["cell"] == "lstm") & (rows["initialiser"] == "torch")
    last = rows.loc[errors, "step"].max()
    slow = rows.loc[errors, "seed"].max()
    rows.loc[errors, "value"] = 0.001
    rows.loc[errors & (rows["seed"] == slow), "value"] = 0.2
    done = rows.loc[~(errors & (rows["seed"] != slow) & (rows["step"] == last))]  # these ended one test before
    figure = gradient_while_learning.build(done)
    assert figure is not None
    assert figure.facts["lstm_torch_error_end"].value == pytest.approx(0.001)


def test_clipping_is_told_where_both_ways_were_trained() -> None:
    rows = rows_of("clipped-training")
    whole = clipped_training.build(rows)
    assert whole is not None
    assert "sgd_rnn_helped_gain" in whole.facts
    half = rows.loc[(rows["optimiser"] != "sgd") | (rows["clip"] > 0)]
    figure = clipped_training.build(half)
    assert figure is not None
    assert "adam_rnn_helped_gain" in figure.facts
    assert "sgd_rnn_helped_gain" not in figure.facts
    none = rows.loc[rows["clip"] > 0]
    alone = clipped_training.build(none)
    assert alone is not None
    assert "sgd_rnn_helped_gain" not in alone.facts
