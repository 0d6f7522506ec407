"""The other tasks that are drawn: their definitions, against their sequences."""

import itertools

import numpy as np
import pytest

from bench.task import score
from bench.tasks.counting import MARK, A, B, largest_count
from bench.tasks.registry import find_task


def draw(name, steps, size=4000, **settings):
    return find_task(name, **settings).draw(np.random.default_rng(0), steps, size)


def test_a_third_relevant_symbol_makes_eight_classes():
    batch = draw("temporal-order-3", 100)
    symbols = batch.x.argmax(axis=2).T
    relevant = symbols < 2
    places = np.nonzero(relevant)[1].reshape(-1, 3)
    for place, (first, last) in zip(places.T, ((10, 20), (33, 43), (66, 76)), strict=True):
        assert set(place) == set(range(first, last + 1))
    np.testing.assert_array_equal(batch.targets, symbols[relevant].reshape(-1, 3) @ [4, 2, 1])
    assert set(batch.targets) == set(range(8))


@pytest.mark.parametrize("steps", [22, 50, 101])
def test_hochreiter_s_adding_is_as_the_paper_has_it(steps):
    batch = draw("adding-variable", steps)
    assert set(batch.lengths) == set(range(steps, steps + steps // 10 + 1))
    rows = np.arange(batch.size)
    values, marks = batch.x[..., 0], batch.x[..., 1]
    beyond = np.arange(len(batch.x))[:, None] >= batch.lengths
    assert not batch.x[beyond].any()
    np.testing.assert_array_equal((marks == 1).sum(axis=0), 2)
    np.testing.assert_array_equal(marks[batch.lengths - 1, rows], -1)
    first_is_marked = marks[0] == 1
    np.testing.assert_array_equal(marks[0] == -1, ~first_is_marked)
    assert first_is_marked.any()
    assert not values[0, first_is_marked].any()
    np.testing.assert_array_equal((marks != 0).sum(axis=0), 4 - first_is_marked)
    places = np.nonzero((marks == 1).T)[1].reshape(-1, 2)
    assert places[:, 0].max() < 10
    assert set(places.ravel()) == set(range(steps // 2))
    np.testing.assert_allclose(batch.targets[:, 0], 0.5 + (values * (marks == 1)).sum(axis=0) / 4, rtol=1e-6)


@pytest.mark.parametrize("steps", [21, 40])
def test_copying_asks_for_ten_symbols_after_the_mark_and_for_blanks_before(steps):
    batch = draw("copy-memory", steps, 50)
    symbols = batch.x.argmax(axis=2)
    assert symbols[:10].max() < 8
    assert (symbols[10:-11] == 8).all()
    assert (symbols[-11] == 9).all()
    assert (symbols[-10:] == 8).all()
    assert (batch.targets[:-10] == 8).all()
    np.testing.assert_array_equal(batch.targets[-10:], symbols[:10])
    blanks = np.broadcast_to(np.eye(9)[8], (*batch.targets.shape, 9))
    assert score(find_task("copy-memory"), blanks, batch) == 0.0


def test_every_single_bit_says_nothing_of_the_parity():
    batch = draw("parity", 5, 20_000)
    bits = batch.x[..., 0]
    np.testing.assert_array_equal(batch.targets, (bits > 0).sum(axis=0) % 2)
    for left_out in range(5):
        others = np.delete(bits, left_out, axis=0).prod(axis=0)
        assert abs(np.mean(others * (2 * batch.targets - 1))) < 0.03


def said(batch, row):
    """Symbols that are read, and those to be said, up to the string's end."""
    length = batch.lengths[row]
    return batch.x[:length, row].argmax(axis=1).tolist(), batch.targets[:length, row].tolist()


@pytest.mark.parametrize("steps", [7, 20, 21])
def test_a_string_has_as_many_b_as_a(steps):
    batch = find_task("counting").test(np.random.default_rng(0), steps)
    assert batch.size == largest_count(steps) == (steps - 1) // 2
    for row in range(batch.size):
        n = row + 1
        assert said(batch, row) == ([MARK] + [A] * n + [B] * n, [A] * n + [B] * n + [MARK])
        np.testing.assert_array_equal(np.nonzero(batch.judged[:, row])[0], np.arange(n + 1, 2 * n + 1))
        assert not batch.x[2 * n + 1 :, row].any()
    counts = (draw("counting", steps).lengths - 1) // 2
    np.testing.assert_allclose(np.bincount(counts)[1:] / len(counts), 1 / batch.size, atol=0.03)


@pytest.mark.parametrize("largest", [3, 4, 5])
def test_chance_at_counting_is_the_best_of_all_guesses_that_know_the_step_alone(largest):
    """By trying them all: what is said at step 1, 2, ..., for every string of up to `largest` a."""
    task = find_task("counting")
    steps = 2 * largest + 1
    batch = task.test(np.random.default_rng(0), steps)
    best = 0.0
    for says in itertools.product((B, MARK), repeat=steps - 1):
        guess = np.eye(3)[[A, *says]][:, None].repeat(largest, axis=1)
        best = max(best, score(task, guess, batch))
    assert task.chance(steps) == best


def test_a_string_with_one_wrong_answer_is_wrong_as_a_whole():
    task = find_task("counting")
    batch = task.test(np.random.default_rng(0), 9)
    says = np.eye(3)[batch.targets]
    says[1, 0] = says[2, 1] = np.eye(3)[A]  # nobody can know after the last a that it was the last
    assert score(task, says, batch) == 1.0
    says[2, 0] = np.eye(3)[B]
    assert score(task, says, batch) == 0.75


@pytest.mark.parametrize("offset", [-3, 0, 2])
def test_a_shifted_input_is_that_of_another_step_where_there_is_one(offset):
    batch = draw("shifted-input", 6, 5, offset=offset)
    for step in range(6):
        there = 0 <= step + offset < 6
        np.testing.assert_array_equal(batch.weights[step], float(there))
        np.testing.assert_array_equal(batch.targets[step], batch.x[step + offset] if there else 0)


def test_an_offset_that_a_task_does_not_have_is_refused():
    with pytest.raises(ValueError, match=r"task shifted-input: sequences of 3 steps; allowed: 4 or more"):
        draw("shifted-input", 3, offset=-3)
    with pytest.raises(ValueError, match=r"task shifted-input: offset is 0.5; allowed: whole numbers"):
        find_task("shifted-input", offset=0.5)
    with pytest.raises(ValueError, match=r"task parity: offset is 2; allowed: 0"):
        find_task("parity", offset=2)
