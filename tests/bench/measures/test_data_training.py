"""Training on data: step and rate are chosen by the validation part, and the test part is asked once they are."""

from __future__ import annotations

import math

import pytest

from bench.case import Case
from bench.measures import data_training
from bench.measures.data_training import LEARNING_RATES, measure_data_training
from bench.studies.learning_curves import STUDY
from bench.studies.training_axes import GRU, LSTM, training

pytest.importorskip("sklearn")


def on_digits(train_size: int, **settings: object) -> Case:
    usual = {
        "train_size": train_size,
        "batch_size": 10,
        "learning_rate": 0.0,
        "budget": 60,
        "hidden_size": 8,
        "role": "-",
    }
    return training("learning-curves", "digits-rows", LSTM, 8, 2000, **usual | settings)


def values(case: Case) -> dict[str, float | None]:
    return {row.metric: row.value for row in measure_data_training(case, 0)}


def test_the_rate_with_the_lowest_validation_loss_is_chosen_and_all_are_kept() -> None:
    rows = measure_data_training(on_digits(100), 0)
    losses = {row.step: row.value for row in rows if row.metric == "validation_loss"}
    assert tuple(losses) == LEARNING_RATES
    found = {row.metric: row.value for row in rows}
    assert found["chosen_learning_rate"] == min(losses, key=lambda rate: losses[rate] or math.inf)
    assert found["best_accuracy"] is not None
    assert 0.2 < found["best_accuracy"] <= 1
    assert found["baseline_loss"] == pytest.approx(math.log(10), abs=0.01)
    assert measure_data_training(on_digits(100), 0) == rows


def test_a_training_that_diverges_says_at_which_step_and_is_not_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    case = on_digits(20, clip=0.0, optimiser="sgd")
    monkeypatch.setattr(data_training, "LEARNING_RATES", (1e38, 1e-2))
    lost, kept, score, chosen, *_ = measure_data_training(case, 0)
    assert (lost.value, lost.status, kept.status) == (None, "diverged", "ok")
    assert "at training step" in lost.reason
    assert score.metric == "best_accuracy"
    assert chosen.value == 1e-2
    monkeypatch.setattr(data_training, "LEARNING_RATES", (1e38,))
    assert [row.status for row in measure_data_training(case, 0)[:2]] == ["diverged", "diverged"]


def test_what_is_no_data_set_is_refused() -> None:
    with pytest.raises(ValueError, match="task adding with train_size 0; allowed: a data set"):
        measure_data_training(training("learning-curves", "adding", GRU, 10, 2000, budget=5), 0)
    with pytest.raises(ValueError, match="train_size is 5000; allowed: whole numbers from 1 to 1200"):
        measure_data_training(on_digits(5000), 0)


def test_each_cell_has_the_units_and_once_the_parameters_of_the_lstm() -> None:
    cases = [case for case in STUDY.cases_in("course") if case.word("task") == "digits-rows"]
    of_lstm = {case.hidden_size for case in cases if case.cell == "lstm"}
    assert len(of_lstm) == 1
    for cell in ("rnn", "gru"):
        sizes = {case.hidden_size for case in cases if case.cell == cell}
        assert of_lstm < sizes
        assert len(sizes) == 2
