"""Parameter counts: the table of the literature's conventions, and what a layer really holds."""

from __future__ import annotations

import pytest

from cells import Layer, cell_names, count_parameters
from cells.registry import find_cell

# (I, H): single/double for RNN, GRU, LSTM, BiLSTM; P = D (k H (I + H) + n_b k H)
TABLE = {
    (1, 32): {"rnn": (1088, 1120), "gru": (3264, 3360), "lstm": (4352, 4480), "bilstm": (8704, 8960)},
    (10, 100): {"rnn": (11100, 11200), "gru": (33300, 33600), "lstm": (44400, 44800), "bilstm": (88800, 89600)},
    (28, 128): {"rnn": (20096, 20224), "gru": (60288, 60672), "lstm": (80384, 80896), "bilstm": (160768, 161792)},
    (256, 256): {
        "rnn": (131328, 131584),
        "gru": (393984, 394752),
        "lstm": (525312, 526336),
        "bilstm": (1050624, 1052672),
    },
}
ROWS = [(*sizes, name, *counts) for sizes, row in TABLE.items() for name, counts in row.items()]


@pytest.mark.parametrize(("input_size", "hidden_size", "name", "single", "double"), ROWS)
def test_counts_are_those_of_the_table(input_size, hidden_size, name, single, double):
    cell, two = ("lstm", True) if name == "bilstm" else (name, False)
    sizes = {"input_size": input_size, "hidden_size": hidden_size, "bidirectional": two}
    assert count_parameters(cell, **sizes, bias="single") == single
    assert count_parameters(cell, **sizes, bias="double") == double


@pytest.mark.parametrize("two", [False, True])
@pytest.mark.parametrize("cell", cell_names())
def test_no_bias_leaves_the_weights(cell, two):
    count = count_parameters(cell, input_size=10, hidden_size=100, bias="none", bidirectional=two)
    spec = find_cell(cell)
    assert count == (2 if two else 1) * 100 * (10 * len(spec.gates) + 100 * len(spec.hidden_gates))
    assert type(count) is int


@pytest.mark.parametrize("merge", [None, "mean", "concat", "sum"])
@pytest.mark.parametrize("sizes", [(1, 1), (7, 5), (3, 33)])
@pytest.mark.parametrize("cell", cell_names())
def test_a_layer_holds_what_is_counted_with_two_biases(cell, sizes, merge):
    layer = Layer(cell, input_size=sizes[0], hidden_size=sizes[1], bidirectional=merge)
    held = sum(a.size for a in layer.parameters.values())
    two = merge is not None
    assert held == count_parameters(cell, input_size=sizes[0], hidden_size=sizes[1], bias="double", bidirectional=two)


@pytest.mark.parametrize("bias", ["single", "double", "none"])
@pytest.mark.parametrize("cell", cell_names())
def test_two_directions_hold_twice_as_much(cell, bias):
    sizes = {"input_size": 6, "hidden_size": 9, "bias": bias}
    assert count_parameters(cell, **sizes, bidirectional=True) == 2 * count_parameters(
        cell, **sizes, bidirectional=False
    )


def test_a_gru_has_exactly_three_quarters_of_an_lstm():
    for bias in ("single", "double", "none"):
        sizes = {"input_size": 12, "hidden_size": 20, "bias": bias, "bidirectional": False}
        assert 4 * count_parameters("gru", **sizes) == 3 * count_parameters("lstm", **sizes)


def test_bidirectional_is_true_or_false_and_nothing_else():
    with pytest.raises(TypeError, match="bidirectional is 'nope'; allowed: True or False"):
        count_parameters("lstm", 1, 1, bidirectional="nope")
