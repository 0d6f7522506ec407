"""A course of training ends when it is solved, spent or diverged, and says which."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from cells.training import SGD, train
from tests.support.training import batch_for, trainer_of


def batches(trainer, scale=1):
    def draw(step):
        x, targets, _ = batch_for(trainer.model, seed=step)
        return SimpleNamespace(x=x, targets=targets * scale, lengths=None, weights=None)

    return draw


def scores(*values):
    left = iter(values)
    return lambda: next(left)


def passed(score):
    return score >= 1


def test_a_course_stops_after_so_many_passed_tests_in_a_row():
    trainer, seen = trainer_of(), []
    test = scores(1, 0, 1, 0, 1, 1)
    history = train(trainer, batches(trainer), test, budget=100, every=3, solved=passed, watch=[seen.append])
    assert history.tests == [(0, 1), (3, 0), (6, 1), (9, 0), (12, 1), (15, 1)]
    assert seen == [0, 3, 6, 9, 12, 15]
    assert (history.steps_to_solve, history.diverged_at, trainer.steps) == (12, None, 15)
    assert len(history.losses) == len(history.gradient_norms) == 15
    assert history.seconds > 0


def test_a_course_ends_with_its_budget_and_a_last_test():
    trainer, again = trainer_of(), trainer_of()
    history = train(trainer, batches(trainer), scores(*[0] * 4), budget=7, every=3, passes=1, solved=passed)
    assert [step for step, _ in history.tests] == [0, 3, 6, 7]
    assert (history.steps_to_solve, history.diverged_at) == (None, None)
    expected = [again.step(*batch_for(again.model, seed=step)[:2]) for step in range(1, 8)]
    np.testing.assert_array_equal(np.column_stack([history.losses, history.gradient_norms]), expected)


def test_a_course_that_diverges_says_where():
    trainer = trainer_of("rnn", loss="squared-error", optimiser=SGD(1e6), clip=None)
    history = train(trainer, batches(trainer, 1e100), lambda: 0.0, budget=50, solved=passed)
    assert history.diverged_at == len(history.losses) + 1 == trainer.steps + 1
    assert np.isfinite(history.losses).all()
    assert 1 < history.diverged_at < 50


@pytest.mark.parametrize("size", ["budget", "every", "passes"])
def test_sizes_are_at_least_one(size):
    trainer = trainer_of()
    with pytest.raises(ValueError, match=f"{size} is 0; allowed: an integer of at least 1"):
        train(trainer, batches(trainer), lambda: 0.0, solved=passed, **{"budget": 3, "every": 1, size: 0})
