"""The seed of a network and the seed of an input are two things."""

import numpy as np
import pytest

from bench.case import make_case
from bench.draw import draw
from bench.studies import spread

SHAPE = {"direction": "profile", "dtype": "float64", "seq_len": 9, "hidden_size": 4}


def test_another_input_seed_changes_the_input_and_nothing_else():
    one, other = (draw(make_case("spread", "lstm", **SHAPE, seed=3, input_seed=seed)) for seed in (0, 1))
    assert not np.array_equal(one.x, other.x)
    for name, value in one.layer.parameters.items():
        assert np.array_equal(value, other.layer.parameters[name])
    assert np.array_equal(one.rng.standard_normal(5), other.rng.standard_normal(5))


def test_another_seed_changes_the_network_and_not_an_input_of_its_own():
    one, other = (draw(make_case("spread", "rnn", **SHAPE, seed=seed, input_seed=0)) for seed in (3, 4))
    assert np.array_equal(one.x, other.x)
    assert not np.array_equal(one.layer.parameters["weight_hh_l0"], other.layer.parameters["weight_hh_l0"])


def test_an_input_does_not_repeat_the_numbers_of_the_network_with_the_same_seed():
    x = draw(make_case("spread", "rnn", **SHAPE, seed=5, input_seed=5)).x.ravel()
    assert not np.isin(x, np.random.default_rng(5).standard_normal(1000)).any()


def test_without_a_seed_of_its_own_the_input_is_what_it_was():
    case = make_case("gradients", "rnn", **SHAPE, initialiser="gaussian", initialiser_value=1.0, seed=2)
    rng = np.random.default_rng(2)
    rng.standard_normal(4 * 1 + 4 * 4)  # W_ih and W_hh
    assert np.array_equal(draw(case).x, rng.standard_normal((9, 1, 1)))


@pytest.mark.parametrize("seed", [-2, 0.5])
def test_an_input_seed_that_is_no_seed_is_named(seed):
    with pytest.raises(ValueError, match=rf"input_seed is {seed}; allowed: -1, or a whole number"):
        draw(make_case("spread", "rnn", **SHAPE, input_seed=seed))


def test_no_two_networks_share_an_input_and_every_network_has_as_many():
    for preset in ("quick", "course"):
        inputs = spread.STUDY.sizes[preset].inputs
        listed = [case for case in spread.STUDY.cases_in(preset) if (case.cell, case.initialiser) == ("rnn", "torch")]
        assert len({case.number("input_seed") for case in listed}) == len(listed)
        assert {sum(case.seed == seed for case in listed) for seed in {case.seed for case in listed}} == {inputs}
