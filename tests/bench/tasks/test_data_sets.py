"""The tasks on data: what the data are, how they are split, and what is said where a package is missing."""

import importlib.util

import numpy as np
import pytest

from bench.tasks import japanese_vowels, sunspots
from bench.tasks.registry import TASKS, find_task

DATA = [task for task in TASKS if task.data_set is not None]
HAD = [
    pytest.param(task, id=task.name, marks=pytest.mark.skipif(task.lacking() is not None, reason=str(task.lacking())))
    for task in DATA
]
over_data = pytest.mark.parametrize("task", HAD)


def needs(name):
    lacking = find_task(name).lacking()
    return pytest.mark.skipif(lacking is not None, reason=str(lacking))


def sequences(batch):
    """Sequences with their answers as values that can be in a set."""
    return [(batch.x[:, row].tobytes(), batch.targets[row].tobytes()) for row in range(batch.size)]


@over_data
def test_parts_have_the_shapes_that_the_task_says(task):
    parts = task.data_set(20, 0)
    assert parts.train.size == 20
    for part in (*parts, task.draw(np.random.default_rng(0), task.only_steps), task.test(None, task.only_steps)):
        assert part.x.shape == (task.only_steps, part.size, task.inputs)
        assert part.x.dtype == np.float32
        if task.loss == "cross-entropy":
            assert part.targets.shape == (part.size,)
            assert set(part.targets) <= set(range(task.outputs))
        else:
            assert part.targets.shape == (part.size, task.outputs)
            assert part.targets.dtype == np.float32
        if part.lengths is not None:
            beyond = np.arange(task.only_steps)[:, None] >= part.lengths
            assert not part.x[beyond].any()


@over_data
def test_a_larger_training_set_has_all_of_a_smaller_one_and_no_part_meets_another(task):
    small, large = (task.data_set(size, 5) for size in (20, task.most))
    assert sequences(large.train)[:20] == sequences(small.train)
    assert sequences(large.validation) == sequences(small.validation)
    assert sequences(large.test) == sequences(small.test)
    alone = [set(sequences(part)) for part in large]
    assert not alone[0] & alone[1]
    assert not alone[0] & alone[2]
    assert not alone[1] & alone[2]


@over_data
def test_a_seed_decides_the_training_set(task):
    one, same, other = (sequences(task.data_set(20, seed).train) for seed in (1, 1, 2))
    assert one == same
    assert one != other


@over_data
@pytest.mark.parametrize("size", [0, -1, 2.5, 10**6])
def test_a_training_set_that_cannot_be_is_refused(task, size):
    with pytest.raises(ValueError, match=rf"task {task.name}: .*allowed: whole numbers from 1 to {task.most}"):
        task.data_set(size, 0)
    with pytest.raises(ValueError, match=rf"task {task.name}: sequences of 5 steps; allowed: {task.only_steps}"):
        task.draw(np.random.default_rng(0), 5)


@over_data
def test_the_baseline_is_that_of_the_best_guess_in_hindsight(task):
    answers = task.test(None, task.only_steps).targets
    near = 0.02 if task.name.startswith("digits") else 1e-6  # of digits all, of which the test set is a part
    if task.loss == "squared-error":
        assert task.baseline(task.only_steps) == pytest.approx(np.var(answers), rel=1e-5)
    else:
        shares = np.bincount(answers) / len(answers)
        assert task.baseline(task.only_steps) == pytest.approx(-(shares * np.log(shares)).sum(), rel=near)
        assert task.chance(task.only_steps) == pytest.approx(shares.max(), abs=near)


@needs("digits-rows")
def test_digits_are_the_same_by_rows_and_by_pixels():
    rows, pixels = (find_task(name).data_set(50, 3).train for name in ("digits-rows", "digits-pixels"))
    np.testing.assert_array_equal(rows.x.transpose(1, 0, 2).reshape(50, 64), pixels.x[..., 0].T)
    np.testing.assert_array_equal(rows.targets, pixels.targets)
    assert (rows.x.min(), rows.x.max()) == (0, 1)


@needs("sunspots")
def test_a_window_of_sunspots_is_followed_by_its_answer_and_later_parts_are_later():
    parts = sunspots.windows()
    for part in parts:
        np.testing.assert_array_equal(part.x[-1, 1:, 0], part.targets[:-1, 0])
    np.testing.assert_array_equal(parts.validation.x[-1, 0], parts.train.targets[-1])
    np.testing.assert_array_equal(parts.test.x[-1, 0], parts.validation.targets[-1])
    assert [part.size for part in parts] == [1900 - 1722, 50, 2009 - 1950]
    # The years of the training part alone have mean 0: 22 of the first window, then its answer and those that follow.
    known = np.concatenate((parts.train.x[:, 0, 0], parts.train.targets[:, 0])).astype(np.float64)
    assert known.mean() == pytest.approx(0, abs=1e-6)
    assert known.std() == pytest.approx(1, rel=1e-6)
    assert parts.test.targets.mean() > 0.5  # cycles have grown since


@needs("japanese-vowels")
def test_vowels_are_those_of_the_authors():
    given, test = japanese_vowels.both()
    assert (given.size, test.size) == (270, 370)
    np.testing.assert_array_equal(np.bincount(given.targets), 30)
    assert np.bincount(test.targets).tolist() == [31, 35, 88, 44, 29, 24, 40, 50, 29]
    assert (min(given.lengths.min(), test.lengths.min()), max(given.lengths.max(), test.lengths.max())) == (7, 29)
    there = np.arange(29)[:, None] < given.lengths
    np.testing.assert_allclose(given.x[there].mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(given.x[there].std(axis=0), 1, rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("digits-rows", r'scikit-learn, .*pip install "recurbench\[data\]"'),
        ("sunspots", r'statsmodels, .*pip install "recurbench\[data\]"'),
        ("japanese-vowels", r"aeon, .*pip install --no-deps aeon==[0-9.]+"),
    ],
)
def test_a_missing_package_is_named_with_the_command_that_brings_it(name, command, monkeypatch):
    task = find_task(name)
    module = importlib.import_module(f"bench.tasks.{name.replace('-', '_')}")
    for cached in ("pictures", "windows", "both"):
        if hasattr(module, cached):
            getattr(module, cached).cache_clear()
    monkeypatch.setattr(importlib.util, "find_spec", lambda module: None)
    with pytest.raises(ModuleNotFoundError, match=f"task {name} has its data from {command}"):
        task.data_set(20, 0)
    assert task.lacking() is not None
