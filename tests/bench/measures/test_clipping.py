"""What the last steps add to a gradient, against plain NumPy in float64, step by step."""

import math

import numpy as np
import pytest
from scipy.special import logsumexp

from bench.case import make_case
from bench.draw import draw
from bench.measures.clipping import RECENT, measure_clipping
from bench.studies import clipping

SHAPE = {"direction": "profile", "dtype": "float64", "hidden_size": 6, "input_size": 2, "initialiser": "gaussian"}


def case_of(**settings):
    return make_case("clipping", "rnn", **SHAPE | settings)


def uses_of_the_weights(case):
    """(T, H, H): what each use of W_hh adds to dL/dW_hh in a tanh RNN, the last one first; and the loss's gradient."""
    layer, x, _, rng = draw(case)
    into, weights = (layer.parameters[f"weight_{kind}_l0"] for kind in ("ih", "hh"))
    states = [np.zeros(case.hidden_size)]
    for step in range(case.seq_len):
        states.append(np.tanh(into @ x[step, 0] + weights @ states[-1]))  # biases are zero
    d_state = rng.standard_normal((1, case.hidden_size))[0]
    d_state = d_state / np.linalg.norm(d_state)
    added = []
    for step in range(case.seq_len, 0, -1):
        d_before = d_state * (1 - states[step] ** 2)
        added.append(np.outer(d_before, states[step - 1]))
        d_state = weights.T @ d_before
    return np.array(added)


@pytest.mark.parametrize(("gain", "steps"), [(0.5, 30), (3.0, 30), (3.0, RECENT), (1.0, 4)])
def test_the_parts_are_those_of_plain_numpy(gain, steps):
    case = case_of(initialiser_value=gain, seq_len=steps, seed=3)
    added = uses_of_the_weights(case)
    whole, recent = added.sum(axis=0), added[:RECENT].sum(axis=0)
    found = {row.metric: row for row in measure_clipping(case, 0)}
    assert found["log10_weight_gradient"].value == pytest.approx(math.log10(np.linalg.norm(whole)), abs=1e-9)
    assert found["log10_recent_gradient"].value == pytest.approx(math.log10(np.linalg.norm(recent)), abs=1e-9)
    cosine = np.vdot(whole, recent) / np.linalg.norm(whole) / np.linalg.norm(recent)
    assert found["recent_cosine"].value == pytest.approx(cosine, abs=1e-9)
    assert found["log10_recent_gradient"].step == min(RECENT, steps)


def exploding(steps):
    """A network whose gradient grows by a third of a decade at every step."""
    return case_of(initialiser_value=32.0, hidden_size=64, input_size=1, seq_len=steps)


def test_a_norm_whose_square_is_no_number_is_measured():
    case = exploding(520)
    layer, x, _, rng = draw(case)
    d_output = np.zeros((case.seq_len, 1, case.hidden_size))
    d_output[-1] = rng.standard_normal((1, case.hidden_size))
    d_output /= np.linalg.norm(d_output)
    whole = layer.forward(x).backward(d_output).parameters["weight_hh_l0"]
    norm = logsumexp(2 * np.log(np.abs(whole))) / 2 / math.log(10)
    assert 154 < norm < 308
    found = {row.metric: row.value for row in measure_clipping(case, 0)}
    assert found["log10_weight_gradient"] == pytest.approx(norm, abs=1e-6)


def test_beyond_every_float_there_is_a_row_with_its_reason():
    rows = measure_clipping(exploding(1200), 0)
    assert {row.metric for row in rows} == {"log10_weight_gradient", "log10_recent_gradient", "recent_cosine"}
    assert all(row.status == "diverged" and "left the range of float64" in row.reason for row in rows)


def test_the_study_has_every_arm_in_sequences_that_begin_alike():
    arms = {(case.cell, case.initialiser_value) for case in clipping.STUDY.cases_in("course")}
    assert arms == set(clipping.ARMS)
    listed = clipping.STUDY.cases_in("quick")
    of_a_seed = [case for case in listed if (case.cell, case.seed) == ("lstm", listed[0].seed)]
    shorter, longer = (draw(case).x for case in sorted(of_a_seed, key=lambda case: case.seq_len)[:2])
    assert np.array_equal(shorter, longer[: len(shorter)])
