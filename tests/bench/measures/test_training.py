"""Trainings: reproducible in any process, rows for every outcome, and errors that say what does not go together."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from bench.measures.training import measure_training
from bench.run.executor import open_executor
from bench.run.runner import measure_item
from bench.studies import memory_tasks, training_axes
from bench.studies.training_axes import GRU, LSTM, RNN
from bench.study import Item
from bench.training import PASSES, prepare
from cells import get_threads, using_threads
from cells.training import train

SMALL = {"hidden_size": 8, "budget": 300, "learning_rate": 1e-2}


def case_of(task="delayed-xor", arm=LSTM, steps=5, seed=1000, **settings):
    return training_axes.training("memory-tasks", task, arm, steps, seed, **SMALL | settings)


def by_metric(rows):
    return {row.metric: row for row in rows}


def values(rows):
    return [(row.metric, row.step, row.replicate, row.value, row.status, row.reason) for row in rows]


def test_a_solved_task_has_its_steps_and_ends_early():
    rows = measure_training(case_of(), 0)
    found = by_metric(rows)
    tests = [row for row in rows if row.metric == "test_accuracy"]
    assert found["solved"].value == 1
    assert [row.value for row in tests[-PASSES:]] == [1.0] * PASSES
    assert found["steps_to_solve"].value == tests[-PASSES].step < 300
    assert found["parameters"].value == 4 * 8 * (1 + 8 + 2) + 2 * (8 + 1)
    assert found["baseline_loss"].value == pytest.approx(np.log(2))
    assert 0 < found["gradient_norm_median"].value <= found["gradient_norm_max"].value


def test_the_same_seed_gives_the_same_rows_bit_for_bit():
    rows = [values(measure_training(case_of("temporal-order", GRU, 20, seed, budget=100), 0)) for seed in (0, 0, 1)]
    assert rows[0] == rows[1]
    assert rows[0] != rows[2]


@pytest.mark.slow
def test_two_processes_give_the_rows_of_one():
    cases = [case_of("temporal-order", GRU, 20, seed, budget=100) for seed in (1000, 1001)]
    here = [values(measure_training(case, 0)) for case in cases]
    items = [Item(memory_tasks.STUDY, case, 0, 1) for case in cases]
    with open_executor("processes:2") as pool:
        there = [values(rows) for rows in pool.map(measure_item, items)]
    assert there == here


def test_cells_of_one_seed_see_the_same_sequences_and_a_longer_budget_the_same_test():
    made = [prepare(case_of("temporal-order", arm, 10)) for arm in (RNN, GRU)]
    made.append(prepare(case_of("temporal-order", RNN, 10, budget=1000, learning_rate=1e-4)))
    for other in made[1:]:
        assert np.array_equal(made[0].test_set.x, other.test_set.x)
    first, second = (each.draw(1) for each in made[:2])
    assert np.array_equal(first.x, second.x)
    assert made[0].taken == 1
    another = prepare(case_of("temporal-order", RNN, 10, seed=1001))
    assert not np.array_equal(made[0].test_set.x, another.test_set.x)


def test_what_is_not_solved_within_the_budget_is_censored():
    rows = measure_training(case_of(learning_rate=1e-6, budget=200), 0)
    found = by_metric(rows)
    assert found["solved"].value == 0
    assert (found["steps_to_solve"].status, found["steps_to_solve"].value) == ("censored", 200)
    assert [row.step for row in rows if row.metric == "test_accuracy"] == [0, 100, 200]


def test_a_training_that_diverges_says_when_and_keeps_its_other_rows():
    rows = measure_training(case_of("adding", RNN, learning_rate=1e37, optimiser="sgd", clip=0), 0)
    found = by_metric(rows)
    assert found["solved"].value == 0
    row = found["steps_to_solve"]
    assert (row.status, row.value) == ("diverged", None)
    assert row.step >= 1
    assert f"training step {row.step:g}" in row.reason
    assert found["test_mse"].step == 0
    assert found["gradient_norm_max"].value > 0


def test_clipping_is_counted():
    shares = {clip: by_metric(measure_training(case_of(clip=clip, budget=100), 0)) for clip in (0, 1e-6, 1e6)}
    assert {clip: found["share_clipped"].value for clip, found in shares.items()} == {0: 0, 1e-6: 1, 1e6: 0}


def test_scores_of_a_long_training_are_thinned_and_the_last_two_stay():
    rows = measure_training(case_of(learning_rate=1e-7, budget=1700, hidden_size=2, steps=2), 0)
    steps = [row.step for row in rows if row.metric == "test_accuracy"]
    assert steps == [*range(0, 1001, 100), 1500, 1600, 1700]


def test_a_sequence_fed_all_at_once_is_read_by_a_feedforward_network():
    case = case_of("temporal-order", RNN, 10, layout="flat", budget=100)
    made = prepare(case)
    batch, model = made.draw(1), made.model
    assert batch.x.shape == (1, 32, 60)
    steps = prepare(case.replaced(layout="steps")).draw(1).x
    assert np.array_equal(batch.x[0].reshape(32, 10, 6), steps.transpose(1, 0, 2))
    weights = model.parameters
    hidden = np.tanh(batch.x[0] @ weights["weight_ih_l0"].T + weights["bias_ih_l0"] + weights["bias_hh_l0"])
    expected = hidden @ weights["readout_weight"].T + weights["readout_bias"]
    assert np.allclose(model.predict(batch.x), expected, atol=1e-5)
    before = weights["weight_hh_l0"].copy()
    made.run()
    assert np.array_equal(model.parameters["weight_hh_l0"], before)
    counted = by_metric(measure_training(case, 0))["parameters"].value
    assert counted == sum(values.size for name, values in weights.items() if name != "weight_hh_l0")


def test_a_training_set_is_gone_through_before_any_sequence_comes_again():
    made = prepare(case_of("temporal-order", RNN, 10, train_size=64))
    epoch = np.concatenate([made.draw(step).x for step in (1, 2)], axis=1)
    again = np.concatenate([made.draw(step).x for step in (3, 4)], axis=1)
    assert not np.array_equal(epoch, again)
    order, order_again = (np.sort(x.transpose(1, 0, 2).reshape(64, -1).astype(np.int8), axis=0) for x in (epoch, again))
    assert np.array_equal(order, order_again)


WRONG = {
    "no task": ({"task": "-"}, "memory-tasks has no task"),
    "another number of channels": ({"input_size": 3}, "input_size is 3; allowed: 1, the channels of task delayed-xor"),
    "no optimiser": ({"optimiser": "-"}, "optimiser is '-'; allowed: adam, sgd, rmsprop"),
    "all at once into a cell with gates": ({"layout": "flat"}, "layout flat with cell lstm, merge none; allowed: rnn"),
    "an offset that the task lacks": ({"offset": 3}, "task delayed-xor: offset is 3; allowed: 0"),
    "an offset beyond the sequence": (
        {"task": "shifted-input", "offset": 9, "batch_size": 4}, "sequences of 5 steps; allowed: 10 or more",
    ),
    "a batch that the task lacks": ({"batch_size": 8}, "batch_size is 8, train_size 0; allowed for task delayed-xor"),
    "a batch beyond the training set": (
        {"task": "temporal-order", "input_size": 6, "seq_len": 10, "train_size": 3},
        "batch_size is 4; allowed: up to 3",
    ),
    "no training step": ({"budget": 0}, "budget is 0; allowed: 1 training step or more"),
    "a learning rate of nothing": ({"learning_rate": 0}, "learning_rate is 0; allowed: more than 0"),
}  # fmt: skip


@pytest.mark.parametrize(("settings", "message"), WRONG.values(), ids=WRONG)
def test_what_does_not_go_together_is_a_failed_row_with_its_reason(settings, message):
    case = case_of().replaced(**settings)
    with pytest.raises(ValueError, match=message):
        measure_training(case, 0)
    (row,) = measure_item(Item(memory_tasks.STUDY, case, 0, 1))
    assert row.status == "failed"
    assert message.split(";")[0] in row.reason


def test_an_answer_at_every_step_is_not_fed_all_at_once():
    case = case_of("shifted-input", RNN, 5, layout="flat")
    with pytest.raises(ValueError, match="an answer at every step; allowed: one at the end"):
        prepare(case)
    with pytest.raises(ValueError, match="whose sequences differ in length; allowed: steps"):
        prepare(case_of("adding-variable", RNN, 22, layout="flat"))


def test_an_item_travels_to_another_process():
    item = Item(memory_tasks.STUDY, case_of(), 0, 1)
    assert pickle.loads(pickle.dumps(item)) == item


def test_as_many_threads_compute_as_the_case_says(monkeypatch):
    seen = []

    def watched(*arguments, **settings):
        seen.append(get_threads())
        return train(*arguments, **settings)

    monkeypatch.setattr("bench.training.train", watched)
    with using_threads(2):
        measure_training(case_of(budget=100), 0)
    assert seen == [1]
