"""The three tasks of memory: where the answer stands, and that it stands nowhere else."""

import numpy as np
import pytest

from bench.tasks.registry import find_task
from bench.tasks.temporal_order import OTHERS, RELEVANT


def many(name, steps=50, size=4000):
    return find_task(name).draw(np.random.default_rng(0), steps, size)


def test_the_four_sequences_of_xor_are_all_there_are():
    batch = find_task("delayed-xor").draw(np.random.default_rng(0), 7)
    bits = batch.x[:2, :, 0].T
    assert len({tuple(pair) for pair in bits}) == 4
    assert set(bits.ravel()) == {-1.0, 1.0}
    assert not batch.x[2:].any()
    np.testing.assert_array_equal(batch.targets, bits[:, 0] * bits[:, 1] < 0)
    with pytest.raises(ValueError, match=r"a batch of 8; allowed: 4, which is all there are"):
        find_task("delayed-xor").draw(np.random.default_rng(0), 7, 8)


def test_an_or_is_right_in_three_of_the_four_sequences_of_xor():
    batch = find_task("delayed-xor").draw(np.random.default_rng(0), 7)
    says_or = (batch.x[:2, :, 0] > 0).any(axis=0)
    assert np.mean(says_or == batch.targets) == find_task("delayed-xor").plateau


@pytest.mark.parametrize("steps", [10, 50, 100])
def test_relevant_symbols_stand_where_the_paper_has_them_and_spell_the_class(steps):
    batch = many("temporal-order", steps)
    np.testing.assert_array_equal(batch.x.sum(axis=2), 1)
    symbols = batch.x.argmax(axis=2).T
    relevant = symbols < RELEVANT
    np.testing.assert_array_equal(relevant.sum(axis=1), 2)
    places = np.nonzero(relevant)[1].reshape(-1, 2)
    for place, (least, most) in zip(places.T, ((0.1, 0.2), (0.5, 0.6)), strict=True):
        assert set(place) == set(range(int(least * steps), round(most * steps) + 1))
    spelled = symbols[relevant].reshape(-1, 2)
    np.testing.assert_array_equal(batch.targets, 2 * spelled[:, 0] + spelled[:, 1])
    assert set(symbols[~relevant]) == set(range(RELEVANT, RELEVANT + OTHERS))


def test_nothing_but_the_relevant_symbols_tells_the_class_of_temporal_order():
    batch = many("temporal-order", size=20_000)
    others = batch.x[:, :, RELEVANT:].sum(axis=0)
    means = np.array([others[batch.targets == answer].mean(axis=0) for answer in range(4)])
    np.testing.assert_allclose(means, 12, atol=0.15)
    np.testing.assert_allclose(np.bincount(batch.targets) / batch.size, 0.25, atol=0.015)


@pytest.mark.parametrize("steps", [2, 3, 50])
def test_each_half_of_adding_has_one_mark_and_the_answer_is_their_sum(steps):
    batch = many("adding", steps)
    values, marks = batch.x[..., 0], batch.x[..., 1]
    np.testing.assert_array_equal(marks[: steps // 2].sum(axis=0), 1)
    np.testing.assert_array_equal(marks[steps // 2 :].sum(axis=0), 1)
    assert set(np.unique(marks)) <= {0.0, 1.0}
    np.testing.assert_allclose(batch.targets[:, 0], (values * marks).sum(axis=0), rtol=1e-6)
    assert values.min() >= 0 < values.max() < 1
    np.testing.assert_allclose(marks[: steps // 2].mean(axis=1), 1 / (steps // 2), atol=0.02)


def test_a_constant_guess_at_adding_is_near_as_often_as_its_file_says():
    batch = many("adding", size=100_000)
    assert np.mean(abs(batch.targets - 1) < 0.04) == pytest.approx(2 * 0.04 - 0.04**2, abs=0.003)
