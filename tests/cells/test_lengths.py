"""Rows of several lengths in one batch: every number is that of the row alone, whatever x holds past its end."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cells import gradient_profile
from cells.flow.jacobian import linearise
from cells.flow.profile import trace_profile
from tests.support.layers import (
    EVERY_CELL,
    EVERY_FORMULA,
    EVERY_MERGE,
    assert_same,
    each_of,
    every_array,
    layer_of,
    sequence,
    start_for,
)
from tests.support.problem import Stream

ATOL = {"float64": 1e-12, "float32": 2e-5}  # a row alone is summed in tiles and groups of another shape
LENGTHS = [7, 1, 4, 7, 2, 5, 3]  # more rows than a group has; the longest twice, the shortest one step
T, B = max(LENGTHS), len(LENGTHS)


def d_output_of(trace):
    return Stream("d_output").uniform(1.0, *trace.output.shape).astype(trace.output.dtype)


def with_noise_past_the_end(array, lengths, value=np.nan):
    noisy = array.copy()
    for b, length in enumerate(lengths):
        noisy[length:, b] = value
    return noisy


def row(mapping, b):
    """The row of states ([2,] B, H) by name, with an axis of one row."""
    return {name: a[..., b : b + 1, :] for name, a in mapping.items()}


def assert_as_each_row_alone(layer, x, lengths, atol):
    """Output, states, gates, final states and all gradients: those of the rows one by one; parameters' are the sum."""
    initial, d_final = (start_for(layer.forward(x), key) for key in ("start", "d_final"))
    trace = layer.forward(with_noise_past_the_end(x, lengths), initial, lengths)
    d_output = d_output_of(trace)
    gradients = trace.backward(with_noise_past_the_end(d_output, lengths), d_final)
    output, final = layer(with_noise_past_the_end(x, lengths), initial, lengths)
    np.testing.assert_array_equal(output, trace.output)
    assert_same(trace.final, final)
    found = {n: a for n, a in every_array(trace, gradients).items() if not n.startswith("d_parameters")}
    norms = trace.row_norms(with_noise_past_the_end(d_output, lengths), d_final)
    totals = dict.fromkeys(layer.parameters, 0.0)
    for b, length in enumerate(lengths):
        alone = layer.forward(x[:length, b : b + 1], row(initial, b))
        of_row = alone.backward(d_output[:length, b : b + 1], row(d_final, b))
        expected = every_array(alone, of_row)
        for name, array in found.items():
            inside = array[..., b : b + 1, :]
            if not name.startswith("d_initial"):
                inside, past = np.split(inside, [expected[name].shape[-3]], axis=-3)
                np.testing.assert_array_equal(past, 0.0, err_msg=name)
            close(inside, expected[name], atol, name)
        for name, value in alone.final.items():
            close(final[name][..., b : b + 1, :], value, atol, name)
        for name, value in of_row.parameters.items():
            totals[name] = totals[name] + value
            close(norms[name][b], np.linalg.norm(value), atol, name)
    for name, value in gradients.parameters.items():
        close(value, totals[name], atol, name)


def close(found, expected, atol, name):
    np.testing.assert_allclose(found, expected, rtol=0, atol=atol * max(1.0, np.max(np.abs(expected))), err_msg=name)


@EVERY_CELL
@EVERY_MERGE
def test_every_number_is_that_of_the_row_alone(cell, merge):
    assert_as_each_row_alone(layer_of(cell, merge), sequence(T, B), LENGTHS, ATOL["float64"])


@EVERY_CELL
def test_every_number_is_that_of_the_row_alone_in_float32(cell):
    assert_as_each_row_alone(
        layer_of(cell, "concat", dtype="float32"), sequence(T, B, dtype="float32"), LENGTHS, ATOL["float32"]
    )


@each_of(["rnn", "lstm", "gru"])
@settings(max_examples=8, deadline=None, derandomize=True, database=None)
@given(data=st.data())
def test_any_lengths_give_the_rows_alone(cell, data):
    steps, hidden = data.draw(st.integers(1, 9)), data.draw(st.integers(1, 20))
    lengths = data.draw(st.lists(st.integers(1, steps), min_size=1, max_size=9))
    layer = layer_of(cell, data.draw(st.sampled_from([None, "concat"])), hidden=hidden)
    assert_as_each_row_alone(layer, sequence(steps, len(lengths)), lengths, ATOL["float64"])


@pytest.mark.parametrize("batch", [1, 40])
def test_sequences_of_several_blocks_and_threads_give_the_rows_alone(batch):
    """Inference reuses its window of states for every block of steps; a single row's units are shared by threads."""
    layer, steps = layer_of("lstm", hidden=130, inputs=9), 150
    lengths = Stream("lengths").integers(steps, batch) + 1
    lengths[0] = 140
    x = sequence(steps, batch, 9)
    output, final = layer(with_noise_past_the_end(x, lengths), lengths=lengths)
    trace = layer.forward(x, lengths=lengths)
    gradients = trace.backward(d_final=start_for(trace))
    np.testing.assert_array_equal(output, trace.output)
    for b in (0, batch - 1):
        alone = layer.forward(x[: lengths[b], b : b + 1])
        for name, value in alone.final.items():
            np.testing.assert_allclose(final[name][b : b + 1], value, rtol=0, atol=ATOL["float64"])
        of_row = alone.backward(d_final=row(start_for(trace), b))
        np.testing.assert_allclose(gradients.input[: lengths[b], b], of_row.input[:, 0], rtol=0, atol=ATOL["float64"])


@EVERY_FORMULA
def test_lengths_of_the_whole_sequence_change_nothing(cell):
    layer, x = layer_of(cell, "mean"), sequence(T, B)
    whole, given_all = layer.forward(x), layer.forward(x, lengths=np.full(B, T))
    d_output, d_final = d_output_of(whole), start_for(whole, "d_final")
    assert_same(
        every_array(whole, whole.backward(d_output, d_final)),
        every_array(given_all, given_all.backward(d_output, d_final)),
    )
    assert whole.lengths is None
    assert given_all.lengths.tolist() == [T] * B


@each_of(["rnn", "lstm", "gru", "gru-reset-before"])
def test_the_profile_is_that_of_each_row_alone_and_minus_infinity_past_its_end(cell):
    layer, x = layer_of(cell), sequence(T, B)
    d_last = Stream("d_last").uniform(1.0, B, 5)
    found = trace_profile(layer.forward(x, lengths=LENGTHS), d_last)
    by_layer = gradient_profile(layer, x, d_last, lengths=LENGTHS)
    for name, values in by_layer.items():
        np.testing.assert_array_equal(values, found[name])
    for b, length in enumerate(LENGTHS):
        alone = trace_profile(layer.forward(x[:length, b : b + 1]), d_last[b : b + 1])
        for name, values in found.items():
            assert (values[length + 1 :, b] == -np.inf).all()
            np.testing.assert_allclose(values[: length + 1, b], alone[name][:, 0], rtol=0, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("other", [lambda trace: pickle.loads(pickle.dumps(trace)), copy.deepcopy])
def test_copies_of_a_trace_keep_its_lengths(other):
    trace = layer_of("lstm", "concat").forward(sequence(T, B), lengths=LENGTHS)
    kept = other(trace)
    d_output, d_final = d_output_of(trace), start_for(trace, "d_final")
    assert kept.lengths.tolist() == LENGTHS
    assert_same(trace.final, kept.final)
    assert_same(
        every_array(trace, trace.backward(d_output, d_final)), every_array(kept, kept.backward(d_output, d_final))
    )


def test_a_trace_is_not_changed_by_who_gave_the_lengths():
    lengths = np.array(LENGTHS)
    trace = layer_of("gru").forward(sequence(T, B), lengths=lengths)
    lengths[:] = 1
    assert trace.lengths.tolist() == LENGTHS
    with pytest.raises(ValueError, match="read-only"):
        trace.lengths[0] = 1


def test_no_number_past_the_end_is_looked_at_and_those_before_are():
    layer, x = layer_of("rnn"), sequence(T, B)
    x[1, 0] = np.nan
    for call in (layer, layer.forward):
        with pytest.raises(ValueError, match=r"x holds nan at \[1, 0, 0\]"):
            call(with_noise_past_the_end(x, LENGTHS), lengths=LENGTHS)
        call(x, lengths=[1, *LENGTHS[1:]])


@pytest.mark.parametrize(
    ("lengths", "error", "message"),
    [
        ([2, 0, 3], ValueError, r"lengths holds 0 at \[1\] \(1 such values\)"),
        ([2, -1, -3], ValueError, r"lengths holds -1 at \[1\] \(2 such values\)"),
        ([2, 3, 5], ValueError, r"lengths holds 5 at \[2\] \(1 such values\)"),
        (
            np.array([1, 2, 2**63], np.uint64),
            ValueError,
            r"lengths holds 9223372036854775808 at \[2\] \(1 such values\)",
        ),
        ([2, 3], ValueError, r"lengths has shape \(2,\)"),
        ([[1], [2], [3]], ValueError, r"lengths has shape \(3, 1\)"),
        (3, ValueError, r"lengths has shape \(\)"),
        ([1.0, 2.0, 3.0], TypeError, "lengths has dtype float64"),
        ([1, 2, np.nan], TypeError, "lengths has dtype float64"),
        ([True, True, True], TypeError, "lengths has dtype bool"),
        (["1", "2", "3"], TypeError, "lengths has dtype <U1"),
    ],
)
def test_other_lengths_are_refused_with_the_allowed(lengths, error, message):
    layer, x = layer_of("lstm"), sequence(4, 3)
    for call in (layer, layer.forward, lambda x, lengths: gradient_profile(layer, x, np.ones((3, 5)), None, lengths)):
        with pytest.raises(
            error, match=message + "; allowed: integers from 1 to T = 4, one for each of the B = 3 rows"
        ):
            call(x, lengths=lengths)


def test_a_wrong_input_is_named_before_its_lengths():
    with pytest.raises(ValueError, match=r"x has shape \(4, 3\); allowed: \(T >= 1, B >= 1, I = 3\)"):
        layer_of("lstm")(np.ones((4, 3)), lengths=[1, 2, 3])


def test_jacobians_of_rows_of_several_lengths_are_refused():
    trace = layer_of("lstm").forward(sequence(4, 3), lengths=[1, 4, 2])
    with pytest.raises(ValueError, match=r"lengths \[1, 4, 2\]; allowed: a trace without"):
        linearise("step_jacobians", trace)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@EVERY_MERGE
def test_norms_of_rows_without_lengths_are_those_of_each_row_alone(cell, merge):
    layer, x = layer_of(cell, merge), sequence(4, 3)
    trace = layer.forward(x)
    d_final = start_for(trace, "d_final")
    norms = trace.row_norms(d_final=d_final)
    for b in range(3):
        alone = layer.forward(x[:, b : b + 1]).backward(d_final=row(d_final, b))
        for name, value in alone.parameters.items():
            np.testing.assert_allclose(norms[name][b], np.linalg.norm(value), rtol=1e-12, err_msg=name)


def test_norms_of_rows_are_numbers_where_their_squares_are_none():
    layer = layer_of("rnn")
    trace = layer.forward(sequence(3, 2))
    one = trace.row_norms(np.ones((3, 2, 5)))
    small = trace.row_norms(np.full((3, 2, 5), 1e-200))
    for name, values in one.items():
        np.testing.assert_allclose(small[name], 1e-200 * values, rtol=1e-9)


@pytest.mark.torch
@pytest.mark.parametrize("merge", [None, "concat"])
@pytest.mark.parametrize(("cell", "module"), [("rnn", "RNN"), ("lstm", "LSTM"), ("gru", "GRU")])
def test_packed_sequences_of_pytorch_give_the_same(cell, module, merge):
    import torch

    layer, x = layer_of(cell, merge), sequence(T, B)
    theirs = getattr(torch.nn, module)(3, 5, bidirectional=merge is not None).double()
    theirs.load_state_dict({name: torch.as_tensor(np.array(a)) for name, a in layer.parameters.items()})
    given_x = torch.as_tensor(x).requires_grad_()
    packed = torch.nn.utils.rnn.pack_padded_sequence(given_x, LENGTHS, enforce_sorted=False)
    output, final = theirs(packed)
    output, _ = torch.nn.utils.rnn.pad_packed_sequence(output)
    finals = dict(zip(("h", "c"), final if cell == "lstm" else (final,), strict=False))

    trace = layer.forward(with_noise_past_the_end(x, LENGTHS), lengths=LENGTHS)
    d_output, d_final = d_output_of(trace), start_for(trace, "d_final")
    gradients = trace.backward(d_output, d_final)
    loss = (torch.as_tensor(d_output) * output).sum()
    for name, value in finals.items():
        loss = loss + (torch.as_tensor(d_final[name]).reshape(value.shape) * value).sum()
    loss.backward()
    close(trace.output, output.detach().numpy(), ATOL["float64"], "output")
    for name, value in finals.items():
        close(trace.final[name].reshape(value.shape), value.detach().numpy(), ATOL["float64"], name)
    close(gradients.input, given_x.grad.numpy(), ATOL["float64"], "input")
    for name, parameter in theirs.named_parameters():
        close(gradients.parameters[name], parameter.grad.numpy(), ATOL["float64"], name)
