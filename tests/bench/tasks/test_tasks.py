"""What every task keeps to, over the registry."""

import math

import numpy as np
import pytest

from bench.names import task_names
from bench.task import Batch, score
from bench.tasks.registry import TASKS, find_task

DRAWN = [task for task in TASKS if task.data_set is None]
LENGTHS = (40, 50)
over_tasks = pytest.mark.parametrize("task", DRAWN, ids=lambda task: task.name)


def rng(seed=0):
    return np.random.default_rng(seed)


def guesses(task, batch, counts):
    """Best guess of who knows the step alone: class shares or the mean of the targets that count, for every answer."""
    targets = np.eye(task.outputs)[batch.targets] if task.loss == "cross-entropy" else batch.targets
    axis = 1 if task.reads == "every" else 0
    total = counts.sum(axis=axis, keepdims=True)[..., None]
    sums = (targets * counts[..., None]).sum(axis=axis, keepdims=True)
    return np.broadcast_to(sums / np.maximum(total, 1), targets.shape)


def counted(task, batch):
    """How much each answer counts in the loss."""
    shape = batch.targets.shape if task.loss == "cross-entropy" else batch.targets.shape[:-1]
    weights = np.ones(shape) if batch.weights is None else batch.weights.astype(float)
    if batch.lengths is not None and task.reads == "every":
        weights = weights * (np.arange(shape[0])[:, None] < batch.lengths)
    return weights


def test_a_task_is_a_file_of_its_name():
    assert sorted(task.name for task in TASKS) == sorted(task_names())
    with pytest.raises(ValueError, match=r"unknown task 'ading'; known: .*did you mean 'adding'"):
        find_task("ading")


@over_tasks
@pytest.mark.parametrize("steps", LENGTHS)
def test_batches_have_the_shapes_that_the_task_says(task, steps):
    for batch in (task.draw(rng(), steps), task.test(rng(), steps)):
        size = batch.size
        assert batch.x.dtype == np.float32
        assert batch.x.shape[1:] == (size, task.inputs)
        # Hochreiter's sequences are longer than they are called.
        assert len(batch.x) == steps or (task.name == "adding-variable" and len(batch.x) == steps + steps // 10)
        answers = (len(batch.x), size) if task.reads == "every" else (size,)
        if task.loss == "cross-entropy":
            assert batch.targets.dtype == np.int64
            assert batch.targets.shape == answers
            assert 0 <= batch.targets.min() <= batch.targets.max() < task.outputs
        else:
            assert batch.targets.dtype == np.float32
            assert batch.targets.shape == (*answers, task.outputs)
        for part in (batch.weights, batch.judged):
            assert part is None or part.shape == answers
    assert task.draw(rng(), steps).size == task.batch


@over_tasks
def test_the_same_seed_draws_the_same_batch_and_another_another(task):
    for draw, all_there_are in ((task.draw, task.only_batch), (task.test, task.test_set is not None)):
        one, same, other = (draw(rng(seed), 40) for seed in (3, 3, 4))
        for a, b in zip(one, same, strict=True):
            np.testing.assert_array_equal(a, b)
        assert np.array_equal(one.x, other.x) == all_there_are


@over_tasks
def test_sizes_that_a_task_has_not_are_named_with_those_it_has(task):
    allowed = rf"task {task.name}: sequences of {task.least_steps - 1} steps; allowed: {task.least_steps} or more"
    for draw in (task.draw, task.test):
        with pytest.raises(ValueError, match=allowed):
            draw(rng(), task.least_steps - 1)
    with pytest.raises(ValueError, match=rf"task {task.name}: a batch of 0; allowed: "):
        task.draw(rng(), 40, 0)
    assert task.draw(rng(), task.least_steps).size == task.batch


@over_tasks
@pytest.mark.parametrize("steps", LENGTHS)
def test_the_baseline_is_the_loss_of_the_best_guess_that_does_not_look(task, steps):
    """By simulation: class shares, or the mean, of many sequences, and the loss that they have there."""
    many = task.draw(rng(1), steps, task.batch if task.only_batch else 20_000)
    counts = counted(task, many)
    best = guesses(task, many, counts)
    if task.loss == "cross-entropy":
        losses = -np.log(np.maximum(np.take_along_axis(best, many.targets[..., None], axis=-1), 1e-300))
    else:
        losses = (many.targets - best) ** 2
    simulated = np.average(losses.mean(axis=-1), weights=counts)
    assert task.baseline(steps) == pytest.approx(simulated, rel=0.02)


@pytest.mark.parametrize("task", [task for task in DRAWN if task.chance and not task.whole], ids=lambda task: task.name)
@pytest.mark.parametrize("steps", LENGTHS)
def test_chance_is_the_accuracy_of_the_best_guess_that_does_not_look(task, steps):
    many = task.draw(rng(1), steps, task.batch if task.only_batch else 20_000)
    answers = many.targets.shape
    accuracies = [
        score(task, np.broadcast_to(np.eye(task.outputs)[guess], (*answers, task.outputs)), many)
        for guess in range(task.outputs)
    ]
    assert task.chance(steps) == pytest.approx(max(accuracies), abs=0.015)


@over_tasks
def test_right_answers_solve_a_task_and_a_constant_guess_does_not(task):
    batch = task.test(rng(), 40)
    if task.loss == "cross-entropy":
        right = np.eye(task.outputs)[batch.targets]
        assert score(task, right, batch) == 1.0
        assert task.solved(1.0)
        assert not task.solved(task.chance(40))
        assert not task.solved(math.nan)
        assert "99% of" in task.solved_means
    else:
        assert score(task, batch.targets, batch) == 0.0
        assert task.solved(0.0)
        assert not task.solved(task.baseline(40))
        assert not task.solved(math.nan)
        assert f"{task.solved_mse:g}" in task.solved_means


def test_a_score_counts_what_is_judged():
    task = find_task("delayed-xor")
    x = np.zeros((3, 4, 1), np.float32)
    targets = np.array([0, 0, 1, 1])
    says_zero = np.tile([1.0, 0.0], (4, 1))
    assert score(task, says_zero, Batch(x, targets)) == 0.5
    assert score(task, says_zero, Batch(x, targets, weights=np.array([1, 1, 1, 0], np.float32))) == pytest.approx(2 / 3)
    judged = np.array([True, False, False, False])
    assert score(task, says_zero, Batch(x, targets, judged=judged)) == 1.0
    with pytest.raises(ValueError, match=r"predictions of shape \(3, 2\); allowed: \(4, 2\)"):
        score(task, says_zero[:3], Batch(x, targets))
