"""The gradient of the recurrent weights and of every step's state, against plain NumPy in float64."""

import math

import numpy as np
import pytest

from bench.case import make_case
from bench.draw import draw
from bench.measures import every_step, weight_gradients
from bench.measures.weight_gradients import WEIGHTS, windows
from bench.studies import memory_curse, truncated
from cells.reference import reference
from cells.registry import find_cell, main_cells

STEPS = 23
SHAPE = {"direction": "profile", "dtype": "float64", "seq_len": STEPS, "hidden_size": 6, "input_size": 2}
RECURRENT = [cell for cell in main_cells() if find_cell(cell).hidden_gates]


def drawn(case):
    """The parameters and the input of a case, and the generator that draws its loss."""
    layer, x, _, rng = draw(case)
    return dict(layer.parameters), x, rng


def values(rows, metric):
    return {int(row.step): row.value for row in rows if row.metric == metric}


def used_last(case, parameters, x, d_last, window):
    """dL/dW_hh of the last `window` uses of W_hh: plain NumPy, from the state that the steps before them end in."""
    before = len(x) - window
    state = reference(case.cell, parameters, x[:before]).final if before else None
    d_output = np.zeros((window, x.shape[1], case.hidden_size))
    d_output[-1] = d_last
    return reference(case.cell, parameters, x[before:], d_output, initial=state).parameters[WEIGHTS]


@pytest.mark.parametrize("cell", RECURRENT)
def test_what_a_window_cuts_off_is_what_plain_numpy_lacks(cell):
    case = make_case("truncated", cell, **SHAPE, batch_size=2, seed=3)
    parameters, x, rng = drawn(case)
    d_last = rng.standard_normal((2, case.hidden_size))
    whole = used_last(case, parameters, x, d_last, STEPS)
    rows = weight_gradients.measure_truncated(case, 0)
    cut_off, kept = values(rows, "log10_cut_off"), values(rows, "log10_weight_gradient")
    assert list(cut_off) == [5, 10, 20, STEPS]
    for window in (5, 10, 20):
        of_window = used_last(case, parameters, x, d_last, window)
        share = np.linalg.norm(whole - of_window) / np.linalg.norm(whole)
        assert 10 ** cut_off[window] == pytest.approx(share, rel=1e-6, abs=1e-14)
        assert 10 ** kept[window] == pytest.approx(np.linalg.norm(of_window), rel=1e-10)
    assert 10 ** kept[STEPS] == pytest.approx(np.linalg.norm(whole), rel=1e-10)


def test_a_window_of_the_whole_sequence_cuts_exactly_nothing_off_and_the_row_says_so():
    for steps in (1, 5, STEPS):
        case = make_case("truncated", "lstm", **SHAPE | {"seq_len": steps})
        last = [row for row in weight_gradients.measure_truncated(case, 0) if row.metric == "log10_cut_off"][-1]
        assert (last.step, last.status, last.value) == (steps, "zero", None)


def test_windows_are_shorter_than_the_sequence_and_end_with_it():
    assert windows(3) == (3,)
    assert windows(5) == (5,)
    assert windows(100) == (5, 10, 20, 50, 100)
    assert windows(500) == (5, 10, 20, 50, 100, 200, 500)


def test_what_is_cut_off_far_below_rounding_is_a_number_and_falls_with_the_window():
    case = make_case("truncated", "rnn", **SHAPE | {"seq_len": 200}, initialiser="gaussian", initialiser_value=0.2)
    found = values(weight_gradients.measure_truncated(case, 0), "log10_cut_off")
    shares = [found[window] for window in (5, 10, 20, 50, 100)]
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] < -40  # a difference of two gradients could not tell it from 0


@pytest.mark.parametrize(("cell", "write_bias"), [("lstm", 0.0), ("lstm", -2.0), ("lstm-coupled", 0.0), ("gru", 0.0)])
def test_the_gradient_of_the_weights_and_the_state_are_those_of_plain_numpy(cell, write_bias):
    case = make_case("memory-curse", cell, **SHAPE, gate_bias=2.0, write_bias=write_bias)
    parameters, x, rng = drawn(case)
    d_output = rng.standard_normal((STEPS, 1, case.hidden_size))
    plain = reference(cell, parameters, x, d_output)
    rows = {row.metric: row.value for row in weight_gradients.measure_memory(case, 0)}
    assert 10 ** rows["log10_weight_gradient"] == pytest.approx(np.linalg.norm(plain.parameters[WEIGHTS]), rel=1e-10)
    assert rows["kept_sd"] == pytest.approx(plain.final[find_cell(cell).keeps.state].std(), rel=1e-10)
    d_output[:-1] = 0
    start = reference(cell, parameters, x, d_output).initial
    left = math.hypot(*(np.linalg.norm(values) for values in start.values())) / np.linalg.norm(d_output)
    assert 10 ** rows["log10_gradient_left"] == pytest.approx(left, rel=1e-9)


def test_a_tied_bias_closes_the_gate_that_writes_by_as_much_as_the_other_opens():
    biases = {}
    for tied in (0.0, -3.0):
        parameters, _, _ = drawn(make_case("memory-curse", "lstm", **SHAPE, gate_bias=3.0, write_bias=tied))
        biases[tied] = parameters["bias_ih_l0"].reshape(4, -1)
    i, f, g, o = biases[-3.0] - biases[0.0]
    assert i == pytest.approx(-3.0)
    assert not np.any([f, g, o])


def test_at_a_bias_of_zero_the_tie_is_no_case_of_its_own():
    cases = memory_curse.STUDY.cases_in("quick")
    assert len(cases) == len(set(cases))
    tied = [case for case in cases if case.number("write_bias")]
    assert all(case.number("write_bias") == -case.number("gate_bias") for case in tied)
    assert {case.number("gate_bias") for case in tied} == set(memory_curse.BIASES) - {0.0}


@pytest.mark.parametrize("cell", main_cells())
def test_both_losses_are_those_of_plain_numpy(cell):
    case = make_case("every-step", cell, **SHAPE, batch_size=2, seed=1)
    parameters, x, rng = drawn(case)
    d_output = rng.standard_normal((STEPS, 2, case.hidden_size))
    rows = every_step.measure_every_step(case, 0)
    for metric, lost in (("log10_norm_every_h", d_output), ("log10_norm_h", d_output.copy())):
        if metric == "log10_norm_h":
            lost[:-1] = 0
        plain = reference(cell, parameters, x, lost).states["h"]
        found = values(rows, metric)
        for lag in (0, 1, 7, STEPS - 1):
            norms = np.linalg.norm(plain[STEPS - lag], axis=1)
            assert found[lag] == pytest.approx(np.log10(norms).mean(), abs=1e-9)


def test_the_initial_state_is_no_output_and_has_no_row_of_a_loss_at_every_step():
    for steps in (1, 2, STEPS):
        case = make_case("every-step", "lstm", **SHAPE | {"seq_len": steps})
        assert max(values(every_step.measure_every_step(case, 0), "log10_norm_every_h")) == steps - 1


def test_what_a_cell_lacks_is_said():
    with pytest.raises(ValueError, match="cell 'rnn' has no gate that keeps a state"):
        weight_gradients.measure_memory(make_case("memory-curse", "rnn", **SHAPE), 0)
    assert {case.cell for case in truncated.STUDY.cases_in("quick")} == set(RECURRENT)
